"""NuGet: one package for a version; the same one may be pushed again."""
import model
from formats import parts

NUSPEC = (
    '<?xml version="1.0" encoding="utf-8"?><package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd"><metadata>'
    "<id>{0}</id><version>{1}</version><authors>Ann</authors><description>About {0}</description></metadata></package>"
)


class NuGet:
    name = "nuget"
    namespace = ""

    def content(self, package, number, salt, size):
        files = [(f"{package.name}.nuspec", NUSPEC.format(package.name, number).encode()), ("content/noise.bin", parts.noise(salt, size))]
        return {f"{package.name}.{number}.nupkg": parts.zipped(files)}

    def steps(self, package, number, content):
        ((name, nupkg),) = content.items()
        sha = parts.sha256(nupkg)
        body, kind = parts.multipart([], "package", "package.nupkg", nupkg)
        yield parts.Step("push", model.once(name, sha, again=True), sha, lambda wire: wire.package_manager("PUT", "nuget", "v3/package", body, kind))

    def listing(self, wire, package):
        answer = wire.package_manager("GET", "nuget", f"v3/registration/{package.name}/index.json")
        return answer, set(_leaves(answer)) if answer.ok else set()

    def files(self, package, number, state):
        return {name: f"v3/flat/{package.name}/{number}/{name}" for name, _ in state.assets}

    def check_listed(self, answer, package, number, files):
        leaf = _leaves(answer)[number]
        if not leaf["packageContent"].endswith(f"/v3/flat/{package.name}/{number}/{package.name}.{number}.nupkg"):
            raise model.Violation("listing", f"the registration sends readers of {package} {number} to {leaf['packageContent']}")


def _leaves(answer):
    """The registration's leaves by version. So few versions are all in the index itself."""
    return {leaf["catalogEntry"]["version"]: leaf for page in answer.json["items"] for leaf in page["items"]}
