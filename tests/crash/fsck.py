"""Reads the data directory of a dead server, with none of the server's code: rows against rows, rows against files, both against the ledger."""
import hashlib
import pathlib
import shutil
import sqlite3
import tempfile

import model

LISTED = """
    SELECT p.format, p.namespace, p.name, v.version, v.status, v.domain_id, v.id
    FROM package_versions v JOIN packages p ON p.domain_id = v.domain_id AND p.id = v.package_id
    JOIN repositories r ON r.domain_id = p.domain_id AND r.id = p.repository_id WHERE r.name = ?
"""


class Fsck:
    """Files that were hashed once and have not been written since are not hashed again, unless all are asked for."""

    def __init__(self, data, repository):
        self.data, self.repository = pathlib.Path(data), repository
        self._hashed = {}

    def check(self, packages, everything=False):
        """Raises `model.Violation`. `packages` are those of the ledger by format, namespace and name; what is seen makes them certain."""
        with tempfile.TemporaryDirectory(dir=self.data.parent) as scratch:
            # A copy, because reading a database whose writer died writes to it. The -shm is of no use to anybody but that writer.
            for name in ("granary.db", "granary.db-wal"):
                if (self.data / name).exists():
                    shutil.copy(self.data / name, scratch)
            database = sqlite3.connect(pathlib.Path(scratch) / "granary.db")
            try:
                self._check(database, packages, everything)
            except sqlite3.DatabaseError as failure:
                raise model.Violation("fsck", f"the database cannot be read: {failure}") from failure
            finally:
                database.close()

    def _check(self, database, packages, everything):
        (sound,) = database.execute("PRAGMA integrity_check(3)" if everything else "PRAGMA quick_check(3)").fetchone()
        if sound != "ok":
            raise model.Violation("fsck", f"the database is damaged: {sound}")
        for domain, version, name in database.execute(
                "SELECT x.domain_id, x.version_id, x.name FROM version_assets x LEFT JOIN assets a ON a.domain_id = x.domain_id AND a.sha256 = x.sha256 WHERE a.sha256 IS NULL OR a.size <> x.size"):
            raise model.Violation("fsck", f"the asset {name} of version {version} in domain {domain} has no row of its size in assets")
        for domain, version in database.execute(
                "SELECT x.domain_id, x.version_id FROM version_assets x LEFT JOIN package_versions v ON v.domain_id = x.domain_id AND v.id = x.version_id WHERE v.id IS NULL"):
            raise model.Violation("fsck", f"version {version} of domain {domain} has assets and no row")
        for domain, sha, generation, size in database.execute("SELECT domain_id, sha256, generation, size FROM assets"):
            self._check_file(domain, sha.hex(), generation, size, everything)
        self._check_versions(database, packages)

    def _check_file(self, domain, sha, generation, size, everything):
        path = self.data / "storage" / "assets" / str(domain) / sha[:2] / (f"{sha}.{generation}" if generation else sha)
        try:
            status = path.stat()
        except FileNotFoundError:
            raise model.Violation("fsck", f"assets names {sha}, and there is no such file") from None
        if status.st_size != size:
            raise model.Violation("fsck", f"assets says that {sha} has {size} bytes, and its file has {status.st_size}")
        written = (status.st_ino, status.st_mtime_ns)
        if everything or self._hashed.get(path) != written:
            with open(path, "rb") as file:
                seen = hashlib.file_digest(file, "sha256").hexdigest()
            if seen != sha:
                raise model.Violation("fsck", f"the file of {sha} has the right size and the SHA-256 {seen}")
            self._hashed[path] = written

    def _check_versions(self, database, packages):
        """Every version of the ledger is in a state that it may be in, and there is none that it does not know."""
        assets = {}
        for domain, version, name, sha in database.execute("SELECT domain_id, version_id, name, sha256 FROM version_assets"):
            assets.setdefault((domain, version), set()).add((name, sha.hex()))
        seen = {}
        for format, namespace, name, number, status, domain, key in database.execute(LISTED, (self.repository,)):
            package = packages.get((format, namespace, name))
            if package is None or number not in package.versions:
                raise model.Violation("fsck", f"{format}:{namespace}/{name} {number} exists, and the ledger never intended it")
            seen[package, number] = model.State(status, frozenset(assets.get((domain, key), ())))
        for package in packages.values():
            for number, version in package.versions.items():
                state = seen.get((package, number))
                if state not in version.possible:
                    raise model.Violation("fsck", f"in the database {version} is {state or 'absent'}, and may only be {version.shown()}; lost: {version.lost}")
