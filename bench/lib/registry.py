"""What Verdaccio and Granary have in common: an npm registry at a base address, behind a token."""

import json

from . import exchange
from .server import Server


class Registry(Server):
    token = None

    @property
    def base(self):
        """The registry's address without a slash at its end."""
        return self.origin

    def headers(self):
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def url(self, case):
        if not case.tarball:
            return f"{self.base}/{case.package}"
        packument = exchange.send(f"{self.base}/{case.package}", self.headers())
        [version] = json.loads(packument.body)["versions"].values()
        return version["dist"]["tarball"]

    def answer(self, case, encoding):
        return exchange.send(self.url(case), {**self.headers(), "Accept": case.accept, "Accept-Encoding": encoding})

    def publish_headers(self):
        return {"Authorization": f"Bearer {self.token}"}
