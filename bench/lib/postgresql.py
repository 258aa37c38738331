"""A PostgreSQL of the benchmark's own, as Debian configures it: what is committed is synchronised to disk."""

import os
import pathlib
import shutil
import subprocess
import tempfile

from . import tools
from .server import free_port

DEBIAN = pathlib.Path("/usr/lib/postgresql")


class PostgreSql:
    name = "postgresql"

    def __init__(self, temp):
        self.programs = _programs()
        # Not below the run's own directory, which the server's user may not enter.
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="granary-bench-postgresql-", dir=temp))
        self.port = free_port()
        if os.geteuid() == 0:
            shutil.chown(self.directory, "postgres")

    def start(self):
        self._run(f"'{self.programs}/initdb' -D '{self.directory}/data' -U postgres -A trust -E UTF8 --locale=C.UTF-8")
        options = f"-p {self.port} -h 127.0.0.1 -k {self.directory} -c max_connections=200"
        self._run(f"'{self.programs}/pg_ctl' -D '{self.directory}/data' -l '{self.directory}/log' -w -o '{options}' start")

    def create(self, name):
        """An empty database."""
        self._run(f"'{self.programs}/createdb' -h 127.0.0.1 -p {self.port} -U postgres {name}")
        return name

    def connection_string(self, database, port=None):
        return f"Host=127.0.0.1;Port={port or self.port};Username=postgres;Database={database}"

    def version(self):
        return tools.run([f"{self.programs}/postgres", "--version"]).strip().split("(")[0].strip()

    def pids(self):
        """The postmaster and its children."""
        first = int((self.directory / "data" / "postmaster.pid").read_text().split()[0])
        children = pathlib.Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return [first, *(int(child) for child in children)]

    def stop(self):
        if (self.directory / "data" / "postmaster.pid").exists():
            self._run(f"'{self.programs}/pg_ctl' -D '{self.directory}/data' -m fast -w stop")
        shutil.rmtree(self.directory, ignore_errors=True)

    def _run(self, command):
        """Not as root, which the server refuses to be; and not into a pipe, which it would inherit and hold open."""
        shell = ["su", "postgres", "-s", "/bin/sh", "-c", command] if os.geteuid() == 0 else ["/bin/sh", "-c", command]
        with open(self.directory / "commands", "ab") as output:
            done = subprocess.run(shell, cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        if done.returncode != 0:
            raise tools.Failure(f"{command} failed:\n{(self.directory / 'commands').read_text(errors='replace')[-2000:]}")


def _programs():
    found = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        tools.ensure_debian_packages(["postgresql"])
        found = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise tools.Failure("Please install PostgreSQL 15 or later.")
    return found[-1].parent
