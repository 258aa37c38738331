"""PyPI: a form for each of a version's two wheels; the version gathers them."""
import base64
import hashlib
import json

import model
from formats import parts

TAGS = ("py3-none-any", "py2-none-any")


class PyPi:
    name = "pypi"
    namespace = ""

    def content(self, package, number, salt, size):
        return {self._file(package, number, tag): self._wheel(package, number, f"{salt}/{tag}", size) for tag in TAGS}

    def steps(self, package, number, content):
        for file, wheel in content.items():
            sha = parts.sha256(wheel)
            fields = [
                (":action", "file_upload"), ("protocol_version", "1"), ("metadata_version", "2.1"), ("name", package.name), ("version", number),
                ("filetype", "bdist_wheel"), ("pyversion", file.split("-")[2]), ("sha256_digest", sha), ("md5_digest", hashlib.md5(wheel).hexdigest()),
            ]
            body, kind = parts.multipart(fields, "content", file, wheel)
            yield parts.Step(f"upload {file}", model.gathers(file, sha, model.PUBLISHED), sha, lambda wire, body=body, kind=kind: wire.package_manager("POST", "pypi", "", body, kind))

    def listing(self, wire, package):
        answer = wire.package_manager("GET", "pypi", f"simple/{package.name}/", more={"Accept": "application/vnd.pypi.simple.v1+json"})
        return answer, {file["filename"].split("-")[1] for file in answer.json["files"]} if answer.ok else set()

    def files(self, package, number, state):
        return {name: f"simple/{package.name}/{number}/{name}" for name, _ in state.assets}

    def check_listed(self, answer, package, number, files):
        listed = {file["filename"]: file["hashes"]["sha256"] for file in json.loads(answer.body)["files"] if file["filename"].split("-")[1] == number}
        here = {name: parts.sha256(content) for name, content in files.items()}
        if listed != here:
            raise model.Violation("listing", f"the project page lists {listed} of {package} {number}, and there is {here}")

    def _file(self, package, number, tag):
        return f"{package.name.replace('-', '_')}-{number}-{tag}.whl"

    def _wheel(self, package, number, salt, size):
        module = package.name.replace("-", "_")
        info = f"{module}-{number}.dist-info"
        files = [
            (f"{module}/__init__.py", b""), (f"{module}/noise.bin", parts.noise(salt, size)),
            (f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {package.name}\nVersion: {number}\n\nText\n".encode()),
            (f"{info}/WHEEL", b"Wheel-Version: 1.0\nGenerator: made-up\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
        ]
        record = "".join(f"{path},sha256={_digest(content)},{len(content)}\n" for path, content in files)
        return parts.zipped([*files, (f"{info}/RECORD", f"{record}{info}/RECORD,,\n".encode())])


def _digest(content):
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
