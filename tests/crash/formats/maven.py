"""Maven: a file a request, checksums beside them, and at last the listing that releases the version."""
import hashlib
import re

import model
from formats import parts

POM = '<project><modelVersion>4.0.0</modelVersion><groupId>{0}</groupId><artifactId>{1}</artifactId><version>{2}</version></project>'
METADATA = '<metadata><groupId>{0}</groupId><artifactId>{1}</artifactId><versioning><versions><version>{2}</version></versions></versioning></metadata>'


class Maven:
    name = "maven"
    namespace = "org.crash"

    def content(self, package, number, salt, size):
        stem = f"{package.name}-{number}"
        return {f"{stem}.jar": parts.noise(salt, size), f"{stem}.pom": POM.format(package.namespace, package.name, number).encode()}

    def steps(self, package, number, content):
        folder = self._folder(package)
        for file, data in content.items():
            sha = parts.sha256(data)
            yield parts.Step(f"put {file}", model.gathers(file, sha, model.UNFINISHED), sha, _put(f"{folder}/{number}/{file}", data))
            yield parts.Step(
                f"put {file}.sha1", lambda state, file=file: model.REFUSED if state is None or file not in dict(state.assets) else state, None,
                _put(f"{folder}/{number}/{file}.sha1", hashlib.sha1(data).hexdigest().encode()))
        listing = METADATA.format(package.namespace, package.name, number).encode()
        yield parts.Step("put maven-metadata.xml", model.released, None, _put(f"{folder}/maven-metadata.xml", listing))

    def listing(self, wire, package):
        answer = wire.package_manager("GET", "maven", f"{self._folder(package)}/maven-metadata.xml")
        return answer, set(re.findall("<version>([^<]+)</version>", answer.body.decode())) if answer.ok else set()

    def files(self, package, number, state):
        return {name: f"{self._folder(package)}/{number}/{name}" for name, _ in state.assets}

    def check_listed(self, answer, package, number, files):
        wanted = {f"{package.name}-{number}.jar", f"{package.name}-{number}.pom"}
        if set(files) != wanted:
            raise model.Violation("listing", f"maven-metadata.xml names {package} {number}, which has the files {sorted(files)} and not {sorted(wanted)}")

    def _folder(self, package):
        return f"{package.namespace.replace('.', '/')}/{package.name}"


def _put(path, body):
    return lambda wire: wire.package_manager("PUT", "maven", path, body, "application/octet-stream")
