"""Generic packages by PublishPackageVersion: Unfinished until the last asset, which closes the version."""
import model
from formats import parts

ASSETS = ("a.bin", "b.bin", "c.bin")


class Generic:
    name = "generic"
    namespace = "crash"

    def content(self, package, number, salt, size):
        # The last digit decides how many there are, so that versions of a single asset occur too.
        names = ASSETS[: 1 + int(number[-1]) % len(ASSETS)]
        return {name: parts.noise(f"{salt}/{name}", size) for name in names}

    def steps(self, package, number, content):
        last = list(content)[-1]
        for name, data in content.items():
            sha = parts.sha256(data)
            query = {"version": number, "asset": name, "unfinished": "false" if name == last else "true"}
            yield parts.Step(
                f"publish {name}", model.closes(name, sha, name == last), sha,
                lambda wire, query=query, data=data, sha=sha: wire.aws("POST", "/v1/package/version/publish", wire.of(package, **query), data, sha))

    def listing(self, wire, package):
        answer = wire.aws("POST", "/v1/package/versions", wire.of(package, status="Published"))
        return answer, {version["version"] for version in answer.json["versions"]} if answer.ok else set()

    def files(self, package, number, state):
        return {}

    def check_listed(self, answer, package, number, files):
        """No package manager has a listing of its own that could be held against the files."""
