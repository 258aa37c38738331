"""npm: one document for a version, its tarball in it; tags of the package."""
import base64
import gzip
import hashlib
import io
import json
import tarfile

import model
from formats import parts

ASSET = "package.tgz"


class Npm:
    name = "npm"
    namespace = ""

    def content(self, package, number, salt, size):
        files = [("package/package.json", json.dumps({"name": package.name, "version": number}).encode()), ("package/noise.bin", parts.noise(salt, size))]
        output = io.BytesIO()
        with gzip.GzipFile(fileobj=output, mode="wb", compresslevel=1, mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as tar:
            for path, content in files:
                member = tarfile.TarInfo(path)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        return {ASSET: output.getvalue()}

    def steps(self, package, number, content):
        tarball = content[ASSET]
        file = f"{package.name}-{number}.tgz"
        entry = {
            "name": package.name, "version": number, "_id": f"{package.name}@{number}",
            "dist": {"integrity": _integrity(tarball), "shasum": hashlib.sha1(tarball).hexdigest(), "tarball": f"http://localhost/{package.name}/-/{file}"},
        }
        document = {
            "_id": package.name, "name": package.name, "dist-tags": {"latest": number, tag_of(number): number}, "versions": {number: entry},
            "_attachments": {file: {"content_type": "application/octet-stream", "data": base64.b64encode(tarball).decode(), "length": len(tarball)}},
        }
        body = json.dumps(document).encode()
        sha = parts.sha256(tarball)
        yield parts.Step("publish", model.once(ASSET, sha, again=False), sha, lambda wire: wire.package_manager("PUT", "npm", package.name, body, "application/json"))

    def listing(self, wire, package):
        answer = wire.package_manager("GET", "npm", package.name)
        return answer, set(answer.json["versions"]) if answer.ok else set()

    def files(self, package, number, state):
        """Addresses of the version's files by the asset that each is."""
        return {ASSET: f"{package.name}/-/{package.name}-{number}.tgz"}

    def check_listed(self, answer, package, number, files):
        document = answer.json
        promised = document["versions"][number]["dist"]["integrity"]
        if promised != _integrity(files[ASSET]):
            raise model.Violation("listing", f"the packument promises {promised} of {package} {number}, and other bytes come")
        if document["dist-tags"].get(tag_of(number)) != number:
            raise model.Violation("tags", f"{package} {number} was published with the tag {tag_of(number)}, and the tags are {document['dist-tags']}")

    def set_tag(self, wire, package, tag, number):
        return wire.package_manager("PUT", "npm", f"-/package/{package.name}/dist-tags/{tag}", json.dumps(number).encode(), "application/json")


def tag_of(number):
    """The tag that a version is published with beside `latest`: it is there exactly when the version is."""
    return "at-" + number.replace(".", "-")


def _integrity(content):
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()
