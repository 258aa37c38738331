"""What clients of Python, Maven and NuGet read: the cases, and the packages behind them, published as their clients do."""

import base64
import functools
import hashlib
import io
import random
import uuid
import zipfile

from . import exchange
from .reads import Case

VERSIONS = 300
MEGABYTE = 1 << 20
AIM = (0.5, None)

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "text/html"
ANY = "*/*"

CASES = [
    Case("pypi", "project page of 300 wheels, JSON, gzip", encoding="gzip", accept=JSON, path="pypi/simple/bench-wide/", aims=AIM),
    Case("pypi", "the same, HTML, identity", encoding="identity", accept=HTML, path="pypi/simple/bench-wide/", aims=AIM),
    Case("pypi", "metadata file of a wheel", encoding="identity", accept=ANY,
         path="pypi/simple/bench-large/1.0/bench_large-1.0-py3-none-any.whl.metadata", aims=AIM),
    Case("pypi", "wheel of 1 MB", encoding="identity", accept=ANY, path="pypi/simple/bench-large/1.0/bench_large-1.0-py3-none-any.whl", aims=AIM),
    Case("maven", "maven-metadata.xml of 300 versions", encoding="identity", accept=ANY, path="maven/com/example/bench-wide/maven-metadata.xml", aims=AIM),
    Case("maven", "its checksum", encoding="identity", accept=ANY, path="maven/com/example/bench-wide/maven-metadata.xml.sha1", aims=AIM),
    Case("maven", "jar of 1 MB", encoding="identity", accept=ANY, path="maven/com/example/bench-large/1.0/bench-large-1.0.jar", aims=AIM),
    Case("nuget", "registration page of 64 versions, gzip", encoding="gzip", accept=ANY, path="nuget/v3/registration/bench.wide/page/1.0.0/1.63.0.json", aims=AIM),
    Case("nuget", "flat-container index of 300 versions", encoding="identity", accept=ANY, path="nuget/v3/flat/bench.wide/index.json", aims=AIM),
    Case("nuget", "nupkg of 1 MB", encoding="identity", accept=ANY, path="nuget/v3/flat/bench.large/1.0.0/bench.large.1.0.0.nupkg", aims=AIM),
]


def load(granary, groups):
    """Publishes what the cases of the groups read."""
    for group, publish in (("pypi", _pypi), ("maven", _maven), ("nuget", _nuget)):
        if group in groups:
            publish(granary)


def _pypi(granary):
    for number in range(VERSIONS):
        upload_wheel(granary, "bench-wide", f"1.{number}", 200)
    upload_wheel(granary, "bench-large", "1.0", MEGABYTE)


def upload_wheel(granary, name, version, payload, requires=("requests >=2",)):
    _send(granary, *wheel_upload(name, version, payload, requires))


def wheel_upload(name, version, payload, requires=("requests >=2",)):
    """Method, path, body and headers of what twine sends."""
    file, content = _wheel(name, version, payload, requires)
    boundary = uuid.uuid4().hex
    fields = {":action": "file_upload", "protocol_version": "1", "metadata_version": "2.1", "name": name, "version": version,
              "filetype": "bdist_wheel", "pyversion": "py3", "sha256_digest": hashlib.sha256(content).hexdigest()}
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode() for field, value in fields.items()]
    parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="content"; filename="{file}"\r\n'
                 f"Content-Type: application/octet-stream\r\n\r\n".encode() + content + f"\r\n--{boundary}--\r\n".encode())
    return "POST", "pypi/", b"".join(parts), {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def _wheel(name, version, payload, requires):
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {name}\n" for name in requires)
    members = {
        f"{module}/data": _noise(f"{name}{version}", payload),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: made for a measurement\n"
                            f"Requires-Python: >=3.6\n{needs}\n{'words ' * 500}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},sha256={_urlsafe(hashlib.sha256(data).digest())},{len(data)}\n" for path, data in members.items())
    members[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    return f"{module}-{version}-py3-none-any.whl", _zip(members)


def _maven(granary):
    versions = [f"1.{number}" for number in range(VERSIONS)]
    for version in versions:
        _put_artifact(granary, "bench-wide", version, "pom", _pom("bench-wide", version))
        _put_metadata(granary, "bench-wide", version)
    _put_artifact(granary, "bench-large", "1.0", "pom", _pom("bench-large", "1.0"))
    _put_artifact(granary, "bench-large", "1.0", "jar", _zip({"data": _noise("jar", MEGABYTE)}))
    _put_metadata(granary, "bench-large", "1.0")


def _put_artifact(granary, name, version, extension, content):
    _send(granary, "PUT", f"maven/com/example/{name}/{version}/{name}-{version}.{extension}", content)


def _put_metadata(granary, name, version):
    _send(granary, "PUT", f"maven/com/example/{name}/maven-metadata.xml",
          f'<?xml version="1.0" encoding="UTF-8"?>\n<metadata><groupId>com.example</groupId><artifactId>{name}</artifactId><versioning>'
          f"<release>{version}</release><versions><version>{version}</version></versions><lastUpdated>20240101000000</lastUpdated>"
          f"</versioning></metadata>\n".encode())


def _pom(name, version):
    return (f'<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>com.example</groupId>'
            f"<artifactId>{name}</artifactId><version>{version}</version><packaging>jar</packaging></project>").encode()


def _nuget(granary):
    for number in range(VERSIONS):
        push(granary, "Bench.Wide", f"1.{number}.0", 200)
    push(granary, "Bench.Large", "1.0.0", MEGABYTE)


def push(granary, name, version, payload, needs=("Other",)):
    _send(granary, *nupkg_push(name, version, payload, needs))


def nupkg_push(name, version, payload, needs=("Other",)):
    """Method, path, body and headers of what `dotnet nuget push` sends."""
    dependencies = "".join(f'<dependency id="{other}" version="1.0.0" />' for other in needs)
    nuspec = (f'<?xml version="1.0"?><package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd"><metadata><id>{name}</id>'
              f"<version>{version}</version><authors>bench</authors><description>made for a measurement</description>"
              f'<dependencies><group targetFramework="net8.0">{dependencies}</group></dependencies></metadata></package>')
    types = ('<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
             '<Default Extension="nuspec" ContentType="application/octet" /><Default Extension="bin" ContentType="application/octet" /></Types>')
    package = _zip({f"{name}.nuspec": nuspec.encode(), "[Content_Types].xml": types.encode(), "data.bin": _noise(f"{name}{version}", payload)})
    boundary = uuid.uuid4().hex
    body = (f'--{boundary}\r\nContent-Disposition: form-data; name="package"; filename="package.nupkg"\r\n'
            f"Content-Type: application/octet-stream\r\n\r\n").encode() + package + f"\r\n--{boundary}--\r\n".encode()
    return "PUT", "nuget/v3/package", body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def _send(granary, method, path, body, headers=None):
    exchange.send(granary.address(path), {**granary.headers(), **(headers or {})}, method, body, expect=(200, 201, 202))


@functools.cache
def _noise(seed, count):
    return random.Random(seed).randbytes(count)


def _zip(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in members.items():
            archive.writestr(path, data)
    return buffer.getvalue()


def _urlsafe(digest):
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
