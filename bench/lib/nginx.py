"""The limit: nginx sends files that hold exactly the bytes which a registry answered."""

import os
import pathlib
import string

from .server import Server
from .tools import BENCH, find


class Nginx(Server):
    name = "nginx"
    ready_path = "/ready.json"

    def __init__(self, directory):
        super().__init__(directory)
        self.files = self.directory / "files"
        self.files.mkdir()
        (self.files / "ready.json").write_text("{}")
        template = string.Template((BENCH / "config" / "nginx.conf").read_text())
        (self.directory / "nginx.conf").write_text(template.substitute(
            directory=self.directory, port=self.port,
            # Started by root it would give up the right to read the temporary directory.
            user="user root;" if os.geteuid() == 0 else ""))

    def command(self):
        return [find("nginx"), "-p", self.directory, "-c", self.directory / "nginx.conf",
                "-e", self.directory / "error.log", "-g", "daemon off;"]

    def load(self, cases, model):
        """Takes the answers of the model, a registry that is loaded, for its files."""
        for case in cases:
            path = self.files / case.file_name
            if not path.exists():
                path.write_bytes(model.answer(case, "identity").body)
            packed = pathlib.Path(f"{path}.gz")
            if case.encoding == "gzip" and not packed.exists():
                packed.write_bytes(model.answer(case, "gzip").body)

    def url(self, case):
        return f"{self.origin}/{case.file_name}"

    def headers(self):
        return {}
