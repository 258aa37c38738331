"""A Ceph object gateway of the benchmark's own: one monitor, one disk that is memory, one gateway, which answers S3."""

import os
import pathlib
import subprocess
import time
import uuid

from . import tools
from .server import free_port

ACCESS_KEY, SECRET_KEY = "GRANARYBENCHKEY", "a-secret-of-the-benchmark-only"
ROOT = ["--setuser", "root", "--setgroup", "root"]

# No manager, which only statistics need.
SETTINGS = """[global]
fsid = {cluster}
mon host = [v1:127.0.0.1:{monitor}]
mon initial members = a
public network = 127.0.0.0/8
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr2 = false
ms bind ipv6 = false
auth cluster required = none
auth service required = none
auth client required = none
paxos propose interval = 0.02
paxos min wait = 0.01
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd crush update on start = false
osd class update on start = false
osd objectstore = memstore
memstore device bytes = 4294967296
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail crit = 1
mon data avail warn = 2
run dir = {directory}/run
admin socket = {directory}/run/$name.asok
pid file = {directory}/run/$name.pid
log file = {directory}/log/$name.log
keyring = {directory}/keyring
[mon.a]
mon data = {directory}/mon
[osd.0]
osd data = {directory}/osd
[client.rgw.a]
rgw data = {directory}/rgw
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw dns name = 127.0.0.1
rgw enable usage log = false
rgw thread pool size = 64
"""


class Ceph:
    name = "ceph"

    def __init__(self, directory):
        tools.ensure_debian_packages(["ceph-mon", "ceph-osd", "radosgw"])
        self.directory = pathlib.Path(directory)
        self.monitor, self.port = free_port(), free_port()
        self.daemons = []

    def start(self):
        for name in ("mon", "osd", "rgw", "run", "log"):
            (self.directory / name).mkdir(parents=True)
        cluster, disk = uuid.uuid4(), uuid.uuid4()
        self.configuration.write_text(SETTINGS.format(cluster=cluster, monitor=self.monitor, directory=self.directory, port=self.port))
        self._run("monmaptool", "--create", "--addv", "a", f"[v1:127.0.0.1:{self.monitor}]", "--fsid", cluster, self.directory / "monmap")
        self._run("ceph-authtool", "--create-keyring", self.directory / "keyring", "--gen-key", "-n", "mon.", "--cap", "mon", "allow *")
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", self.directory / "monmap")
        self._start("ceph-mon", "-i", "a")
        self._ask_monitor("osd", "new", disk)
        self._run("ceph", "osd", "crush", "add", "osd.0", "1.0", "root=default")
        self._run("ceph-osd", "-i", 0, "--mkfs", "--osd-uuid", disk)
        self._start("ceph-osd", "-i", 0)
        self._start("radosgw", "-n", "client.rgw.a")
        self._wait()
        self._run("radosgw-admin", "user", "create", "--uid", "bench", "--display-name", "bench",
                  "--access-key", ACCESS_KEY, "--secret", SECRET_KEY)

    def create(self, bucket):
        plain = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        env = {**plain, "AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "AWS_DEFAULT_REGION": "us-east-1"}
        tools.run(["aws", "s3api", "create-bucket", "--bucket", bucket, "--endpoint-url", f"http://127.0.0.1:{self.port}"], env=env)
        return bucket

    def settings(self, bucket, port=None):
        """What a server is told of it, as environment variables."""
        return {"Storage__Kind": "s3", "Storage__S3__Bucket": bucket, "Storage__S3__ServiceUrl": f"http://127.0.0.1:{port or self.port}",
                "Storage__S3__AccessKey": ACCESS_KEY, "Storage__S3__SecretKey": SECRET_KEY}

    def version(self):
        return " ".join(tools.run(["ceph", "--version"]).split()[:3])

    def pids(self):
        return [daemon.pid for daemon in self.daemons]

    def stop(self):
        for daemon in reversed(self.daemons):
            daemon.kill()
            daemon.wait()

    @property
    def configuration(self):
        return self.directory / "ceph.conf"

    def _ask_monitor(self, *words, attempts=20):
        """Again where it refuses: until it has come to an agreement with itself it knows no commands."""
        for attempt in range(attempts):
            try:
                return self._run("ceph", "--connect-timeout", 60, *words)
            except tools.Failure:
                if attempt == attempts - 1:
                    raise
                time.sleep(0.5)

    def _wait(self, patience=120):
        begun = time.monotonic()
        while time.monotonic() - begun < patience:
            try:
                tools.run(["curl", "-sf", "-o", "/dev/null", f"http://127.0.0.1:{self.port}/"])
                return
            except tools.Failure:
                if self.daemons[-1].poll() is not None:
                    break
                time.sleep(0.2)
        raise tools.Failure(f"The object gateway does not answer; its logs are in {self.directory}/log.")

    def _start(self, program, *arguments):
        with open(self.directory / "output", "ab") as output:
            self.daemons.append(subprocess.Popen(
                self._words(program, *arguments, "-f", *(ROOT if os.geteuid() == 0 else [])), cwd="/", env=self._environment(),
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True))

    def _run(self, program, *arguments):
        with open(self.directory / "output", "ab") as output:
            done = subprocess.run(self._words(program, *arguments), cwd="/", env=self._environment(),
                                  stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        if done.returncode != 0:
            raise tools.Failure(f"{program} failed:\n{(self.directory / 'output').read_text(errors='replace')[-2000:]}")

    def _words(self, program, *arguments):
        return [tools.find(program) or program, "-c", str(self.configuration), *(str(part) for part in arguments)]

    def _environment(self):
        return {**os.environ, "CEPH_CONF": str(self.configuration)}
