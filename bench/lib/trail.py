"""What the audit trail and the counting cost: one Granary that does it beside one that does not, in rounds that take turns."""

from . import content, reads
from .granary import Granary

TITLES = ("304 for the 165 KB packument", "tarball 320 KB", "packument 165 KB, gzip")


# What each of the two servers is told.
TRAIL = {"on": {"Trail__Reads": "true"}, "off": {"Trail__Reads": "false"}}


def metrics(port):
    """Rollups, and metrics that could be scraped at the port; or neither."""
    return {"on": {"Metrics__Urls": f"http://127.0.0.1:{port}"}, "off": {"Usage__Enabled": "false"}}


def measure(directory, program, source, rounds, seconds, what="trail", settings=None):
    servers = [_server(directory, program, source, what, name, told) for name, told in (settings or TRAIL).items()]
    try:
        for server in servers:
            server.start()
            server.sign_in()
            server.load(content.everything())
        cases = [case for title in TITLES for case in reads.CASES if case.title == title]
        return reads.measure(servers, cases, rounds, seconds)
    finally:
        for server in servers:
            server.stop()


def _server(directory, program, source, what, name, told):
    server = Granary(directory / f"granary-{what}-{name}", program, source, told)
    server.name = name
    return server
