"""The world that the calls are made in: everything comes in through the API and the data plane of npm."""
import base64
import gzip
import hashlib
import io
import json
import re
import tarfile
import urllib.parse

OWNER = "123456789012"
DOMAIN = "conformance"
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OWNER}:root"}, "Action": "codeartifact:ListPackages", "Resource": "*"}]})
DEPENDENCIES = 1003

D = {"domain": DOMAIN}
DO = {**D, "domainOwner": OWNER}
R = {**DO, "repository": "shop"}
P = {**R, "format": "npm", "namespace": "acme", "package": "left"}
V = {**P, "packageVersion": "1.0.0"}
G = {**R, "format": "generic", "namespace": "tools", "package": "kit"}
GROUP = "/npm/acme/*"
READABLE = {
    "description": "Goes left", "homepage": "https://example.com/left", "repository": "https://example.com/left.git",
    "licenses": [{"type": "MIT", "url": "https://example.com/mit"}],
}


def arn(kind, rest, region):
    return f"arn:aws:codeartifact:{region}:{OWNER}:{kind}/{rest}"


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def tarball(manifest):
    files = {"package/package.json": json.dumps(manifest).encode(), "package/README.md": b"# Left\n"}
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(plain.getvalue(), mtime=0)


class DataPlane:
    """npm's protocol with a token, as far as the world needs it."""

    def __init__(self, service, token, domain=DOMAIN):
        self._service, self._token, self._domain = service, token, domain

    def _path(self, repository, name):
        return f"/npm/d/{self._domain}-{OWNER}/{repository}/{urllib.parse.quote(name, safe='@/-')}"

    def _send(self, method, path, body=b"", headers=None):
        answer = self._service.raw(method, path, {"Authorization": f"Bearer {self._token}", **(headers or {})}, body)
        if answer.status >= 300:
            raise AssertionError(f"{method} {path}: {answer}")
        return answer

    def publish(self, to, name, version, **more):
        manifest = {"name": name, "version": version, **more}
        content = tarball(manifest)
        file = f"{name}-{version}.tgz"
        document = {
            "_id": name, "name": name, "dist-tags": {"latest": version}, "versions": {version: {
                **manifest, "_id": f"{name}@{version}", "readme": "# Left\n",
                "dist": {"shasum": hashlib.sha1(content).hexdigest(),
                         "integrity": "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()}}},
            "readme": "# Left\n",
            "_attachments": {file: {"content_type": "application/octet-stream", "data": base64.b64encode(content).decode(), "length": len(content)}}}
        self._send("PUT", self._path(to, name), json.dumps(document).encode(), {"Content-Type": "application/json"})

    def fetch(self, repository, name, version):
        """Downloads a version, so that it is kept in the repository."""
        self._send("GET", self._path(repository, name))
        self._send("GET", f"{self._path(repository, name)}/-/{name.split('/')[-1]}-{version}.tgz")


def user_without_policies(service, credentials):
    """The access key of a user who may do nothing."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for action in ("CreateUser", "CreateAccessKey"):
        answer = service.send("POST", "/", form, f"Action={action}&Version=2010-05-08&UserName=nobody".encode(), credentials, service="iam")
        if answer.status != 200:
            raise AssertionError(str(answer))
    text = answer.content.decode()
    return re.search("<AccessKeyId>(.*?)</AccessKeyId>", text)[1], re.search("<SecretAccessKey>(.*?)</SecretAccessKey>", text)[1]
