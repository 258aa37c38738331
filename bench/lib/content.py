"""The same content for every contender: manifests, tarballs and publish documents, made from a seed."""

import base64
import functools
import gzip
import hashlib
import io
import json
import random
import tarfile

SYLLABLES = ("ba co di fra gu he jo ka lo mi no pra qui ro sta tu ve wi xa yo "
             "ber cod din fol gar hex jit kel lum mor nix par ral sul ten vor").split()


class Package:
    """A package whose versions differ as real ones do: some ranges move, commit and digests are new."""

    def __init__(self, name, seed):
        self.name = name
        self.random = random.Random(seed)
        self.dependencies = self._ranges(22)
        self.dev_dependencies = self._ranges(42)
        self.maintainers = [self._person() for _ in range(6)]

    def manifest(self, version):
        for ranges in (self.dependencies, self.dev_dependencies):
            for name in self.random.sample(sorted(ranges), 3):
                ranges[name] = self._range()
        return {
            "name": self.name,
            "version": version,
            "description": "A package that only exists to be measured: " + self._words(12),
            "keywords": self._words(8).split(),
            "homepage": f"https://example.com/{self.name}#readme",
            "bugs": {"url": f"https://example.com/{self.name}/issues"},
            "repository": {"type": "git", "url": f"git+https://example.com/{self.name}.git"},
            "license": "MIT",
            "author": self.maintainers[0],
            "contributors": self.maintainers,
            "maintainers": self.maintainers,
            "main": "dist/index.cjs",
            "module": "dist/index.mjs",
            "types": "dist/index.d.ts",
            "exports": {".": {"types": "./dist/index.d.ts", "import": "./dist/index.mjs",
                              "require": "./dist/index.cjs"}, "./package.json": "./package.json"},
            "files": ["dist", "src", "README.md", "LICENSE"],
            "engines": {"node": ">= 18"},
            "scripts": {name: f"node scripts/{name}.mjs --{self._words(3).replace(' ', ' --')}"
                        for name in ("build", "clean", "docs", "format", "lint", "prepare", "release", "test")},
            "dependencies": dict(self.dependencies),
            "devDependencies": dict(self.dev_dependencies),
            "peerDependencies": {"typescript": ">= 5"},
            "gitHead": self.random.randbytes(20).hex(),
        }

    def _ranges(self, count):
        names = {self._name() for _ in range(count)}
        return {name: self._range() for name in sorted(names)}

    def _range(self):
        return f"^{self.random.randrange(9)}.{self.random.randrange(30)}.{self.random.randrange(20)}"

    def _name(self):
        return "-".join(self._word() for _ in range(2))

    def _word(self):
        return "".join(self.random.choices(SYLLABLES, k=3))

    def _words(self, count):
        return " ".join(self._word() for _ in range(count))

    def _person(self):
        name = self._word()
        return {"name": name.title(), "email": f"{name}@example.com"}


class Release:
    """One version, ready to be published anywhere."""

    def __init__(self, package, version, payload_bytes):
        self.name, self.version = package.name, version
        manifest = package.manifest(version)
        self.tarball = _tarball(manifest, package.random.randbytes(payload_bytes))
        self.shasum = hashlib.sha1(self.tarball).hexdigest()
        self.file_name = f"{self.name}-{version}.tgz"
        self.manifest = {**manifest, "_id": f"{self.name}@{version}", "_nodeVersion": "20.20.2", "_npmVersion": "11.19.0",
                         "dist": {"integrity": "sha512-" + _base64(hashlib.sha512(self.tarball).digest()),
                                  "shasum": self.shasum, "tarball": self._address("http://127.0.0.1")}}

    def manifest_at(self, registry):
        """The manifest as it stands in a listing of that registry."""
        return {**self.manifest, "dist": {**self.manifest["dist"], "tarball": self._address(registry)}}

    def publish_document(self):
        """What `npm publish` sends."""
        return json.dumps({
            "_id": self.name, "name": self.name, "description": self.manifest["description"],
            "dist-tags": {"latest": self.version}, "versions": {self.version: self.manifest}, "access": None,
            "_attachments": {self.file_name: {"content_type": "application/octet-stream",
                                              "data": _base64(self.tarball), "length": len(self.tarball)}},
        }, separators=(",", ":")).encode()

    def _address(self, registry):
        return f"{registry}/{self.name}/-/{self.file_name}"


def _base64(data):
    return base64.b64encode(data).decode()


def _tarball(manifest, payload):
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=1, mtime=0) as packed:
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for name, data in (("package/package.json", json.dumps(manifest).encode()),
                               ("package/dist/index.cjs", payload)):
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def releases(name, seed, count, payload_bytes):
    package = Package(name, seed)
    return [Release(package, f"1.{number // 10}.{number % 10}", payload_bytes) for number in range(count)]


@functools.cache
def packument_165k():
    return releases("bench-packument-165k", 1, 37, 300)


@functools.cache
def packument_5m():
    return releases("bench-packument-5m", 2, 1150, 300)


@functools.cache
def tarball_320k():
    return releases("bench-tarball-320k", 3, 1, 320 * 1024)


def everything():
    """All releases, one list for each package."""
    return [packument_165k(), packument_5m(), tarball_320k()]
