"""pip, Maven and dotnet with empty caches: straight from a static server, and through a Granary that has everything stored."""

import os
import pathlib
import shutil
import sys
import time

from . import exchange, formats
from .aws import Client
from .tools import Failure, find, run

PACKAGES = 30
PAYLOAD = 100 * 1024
DEBIAN = pathlib.Path("/usr/share/maven-repo")
LIBRARIES = ["com.google.guava:guava", "commons-io:commons-io", "junit:junit", "org.apache.commons:commons-lang3",
             "org.codehaus.plexus:plexus-utils", "org.ow2.asm:asm", "org.slf4j:slf4j-api"]


def measure(directory, nginx, granary, rounds):
    """Seconds by client and server, one for each round. Rounds take turns; the one that fills the caches is not counted."""
    clients = [client for client in (_Pip(directory, nginx, granary), _Maven(directory, nginx, granary), _DotNet(directory, nginx, granary))
               if client.is_here()]
    seconds = {}
    for client in clients:
        print(f"  {client.title}", flush=True)
        client.prepare()
        figures = seconds[client.title] = {"static": [], "granary": []}
        for number in range(rounds + 1):
            order = ["static", "granary"] if number % 2 == 0 else ["granary", "static"]
            for kind in order:
                folder = directory / f"{client.name}-{kind}-{number}"
                folder.mkdir()
                begun = time.perf_counter()
                client.run(kind, folder)
                if number:
                    figures[kind].append(time.perf_counter() - begun)
                client.check(folder)
                shutil.rmtree(folder)
    return seconds


class _Client:
    def __init__(self, directory, nginx, granary):
        self.directory, self.nginx, self.granary = directory, nginx, granary

    def is_here(self):
        return True

    def copy(self, path, name=None):
        """Puts what Granary answers into the static server's files, with the static server's addresses in it."""
        answer = exchange.send(self.granary.address(path), self.granary.headers())
        here, format = f"{self.granary.origin}/", path.split("/", 1)[0]
        content = answer.body.replace(self.granary.address(f"{format}/").encode(), f"{self.nginx.origin}/{format}/".encode())
        if here.encode() in content:
            raise Failure(f"{path} still names Granary")
        target = self.nginx.files / (name or path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def address(self, kind, path):
        return f"{self.nginx.origin}/{path}" if kind == "static" else self.granary.address(path)


class _Pip(_Client):
    name, title = "pip", f"pip download of {PACKAGES} wheels"

    def prepare(self):
        names = [f"bench-client-{number}" for number in range(PACKAGES - 1)]
        for name in [*names, "bench-client-top"]:
            formats.upload_wheel(self.granary, name, "1.0", PAYLOAD, requires=names if name == "bench-client-top" else [])
            self.copy(f"pypi/simple/{name}/", f"pypi/simple/{name}/index.html")
            file = f"pypi/simple/{name}/1.0/{name.replace('-', '_')}-1.0-py3-none-any.whl"
            self.copy(file)
            self.copy(f"{file}.metadata")

    def run(self, kind, folder):
        index = self.address(kind, "pypi/simple/")
        if kind == "granary":
            index = index.replace("http://", f"http://aws:{self.granary.token}@")
        run([sys.executable, "-m", "pip", "download", "-q", "--no-cache-dir", "--disable-pip-version-check", "--no-input",
             "--index-url", index, "-d", folder, "bench-client-top"], env={**os.environ, "PIP_CONFIG_FILE": os.devnull})

    def check(self, folder):
        _demand(len(list(folder.glob("*.whl"))) == PACKAGES, "pip downloaded something else")


class _Maven(_Client):
    name, title = "maven", "mvn dependency:resolve, plugins too"

    def is_here(self):
        here = find("mvn") and (DEBIAN / "org/apache/maven/plugins/maven-dependency-plugin").is_dir()
        if not here:
            print("  no Maven with Debian's repository here: left out", flush=True)
        return here

    def prepare(self):
        (self.nginx.files / "maven-central").symlink_to(DEBIAN)
        control = Client(self.granary)
        where = {"domain": "my-domain", "repository": "bench-central"}
        control.send("codeartifact", "POST", "/v1/repository", where, b"{}")
        control.send("codeartifact", "POST", "/v1/repository/external-connection", {**where, "external-connection": "public:maven-central"})
        control.send("codeartifact", "PUT", "/v1/repository", {**where, "repository": "my-repo"},
                     b'{"upstreams":[{"repositoryName":"bench-central"}]}')
        self.plugin = f"org.apache.maven.plugins:maven-dependency-plugin:{_newest('org/apache/maven/plugins/maven-dependency-plugin')}:resolve"

    def run(self, kind, folder):
        dependencies = "".join(
            f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>"
            f"<version>{_newest(group.replace('.', '/') + '/' + artifact)}</version></dependency>"
            for group, artifact in (library.split(":") for library in LIBRARIES))
        (folder / "pom.xml").write_text(
            f'<project><modelVersion>4.0.0</modelVersion><groupId>bench</groupId><artifactId>bench</artifactId><version>1</version>'
            f"<dependencies>{dependencies}</dependencies></project>")
        (folder / "settings.xml").write_text(
            f"<settings><localRepository>{folder}/m2</localRepository>"
            f"<servers><server><id>mirror</id><username>aws</username><password>{self.granary.token}</password></server></servers>"
            f"<mirrors><mirror><id>mirror</id><mirrorOf>central</mirrorOf><url>{self.address(kind, 'maven-central/' if kind == 'static' else 'maven/')}</url>"
            f"</mirror></mirrors></settings>")
        run(["mvn", "-B", "-ntp", "-q", "-s", folder / "settings.xml", self.plugin], cwd=folder)

    def check(self, folder):
        _demand(len(list((folder / "m2").rglob("*.jar"))) > len(LIBRARIES), "Maven resolved something else")


class _DotNet(_Client):
    name, title = "dotnet", f"dotnet restore of {PACKAGES} packages"

    def prepare(self):
        for number in range(PACKAGES):
            formats.push(self.granary, f"Bench.Client{number}", "1.0.0", PAYLOAD, needs=[])
            name = f"bench.client{number}"
            self.copy(f"nuget/v3/flat/{name}/index.json")
            self.copy(f"nuget/v3/flat/{name}/1.0.0/{name}.1.0.0.nupkg")
        self.copy("nuget/v3/index.json")

    def run(self, kind, folder):
        references = "".join(f'<PackageReference Include="Bench.Client{number}" Version="1.0.0" />' for number in range(PACKAGES))
        (folder / "bench.csproj").write_text(
            f'<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net10.0</TargetFramework><NuGetAudit>false</NuGetAudit></PropertyGroup>'
            f"<ItemGroup>{references}</ItemGroup></Project>")
        (folder / "NuGet.config").write_text(
            f'<configuration><packageSources><clear /><add key="bench" value="{self.address(kind, "nuget/v3/index.json")}" allowInsecureConnections="true" />'
            f"</packageSources><packageSourceCredentials><bench><add key=\"Username\" value=\"aws\" />"
            f'<add key="ClearTextPassword" value="{self.granary.token}" /></bench></packageSourceCredentials></configuration>')
        run(["dotnet", "restore", "--force", "-v", "q", "-nologo", "--disable-build-servers"], cwd=folder, env={
            **os.environ, "NUGET_PACKAGES": f"{folder}/packages", "NUGET_HTTP_CACHE_PATH": f"{folder}/http", "DOTNET_CLI_HOME": str(self.directory),
            "DOTNET_NOLOGO": "1", "DOTNET_CLI_TELEMETRY_OPTOUT": "1", "DOTNET_SKIP_FIRST_TIME_EXPERIENCE": "1"})

    def check(self, folder):
        _demand(len(list((folder / "packages").glob("bench.client*"))) == PACKAGES, "dotnet restored something else")


def _newest(folder):
    """The version that Debian has with a jar; others are links to it."""
    return max(path.name for path in (DEBIAN / folder).iterdir() if path.name[0].isdigit() and any(path.glob("*.jar")))


def _demand(holds, message):
    if not holds:
        raise Failure(message)
