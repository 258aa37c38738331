"""The peer, in its usual form: one node process, files, no upstream."""

import datetime
import json
import os
import string

from . import exchange
from .registry import Registry
from .tools import BENCH


class Verdaccio(Registry):
    name = "verdaccio"
    ready_path = "/-/ping"

    def __init__(self, directory, script):
        super().__init__(directory)
        self.script = script
        self.storage = self.directory / "storage"
        self.storage.mkdir()
        self.write_token = None
        template = string.Template((BENCH / "config" / "verdaccio.yaml").read_text())
        (self.directory / "config.yaml").write_text(template.substitute(directory=self.directory))

    def command(self):
        return ["node", self.script, "--config", self.directory / "config.yaml",
                "--listen", f"127.0.0.1:{self.port}"]

    def environment(self):
        return {**os.environ, "NODE_ENV": "production"}

    def load(self, packages):
        """Writes its storage: published one by one, each version would rewrite the whole listing."""
        for releases in packages:
            folder = self.storage / releases[0].name
            folder.mkdir()
            for release in releases:
                (folder / release.file_name).write_bytes(release.tarball)
            (folder / "package.json").write_text(json.dumps(self._stored(releases), indent=2))

    def _stored(self, releases):
        begin = datetime.datetime(2020, 1, 1)
        times = {release.version: f"{begin + datetime.timedelta(hours=hour):%Y-%m-%dT%H:%M:%S.000Z}"
                 for hour, release in enumerate(releases)}
        last = releases[-1].version
        return {
            "_id": releases[0].name,
            "name": releases[0].name,
            "versions": {release.version: release.manifest_at(self.base) for release in releases},
            "time": {"created": times[releases[0].version], "modified": times[last], **times},
            "dist-tags": {"latest": last},
            "users": {}, "_uplinks": {}, "_distfiles": {}, "_rev": "1-0", "readme": "",
            "_attachments": {release.file_name: {"shasum": release.shasum, "version": release.version}
                             for release in releases},
        }

    def sign_in(self):
        """Registers the user who publishes; reading needs no token here, which is to its advantage."""
        user = {"name": "bench", "password": "bench-password", "type": "user", "roles": []}
        answer = exchange.send(f"{self.base}/-/user/org.couchdb.user:bench", {"Content-Type": "application/json"},
                               "PUT", json.dumps(user), expect=(201,))
        self.write_token = json.loads(answer.body)["token"]

    def publish_headers(self):
        return {"Authorization": f"Bearer {self.write_token}"}
