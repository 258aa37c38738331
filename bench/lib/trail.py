"""What the audit trail costs: one Granary that records reads beside one that does not, in rounds that take turns."""

from . import content, reads
from .granary import Granary

TITLES = ("304 for the 165 KB packument", "tarball 320 KB", "packument 165 KB, gzip")


def measure(directory, program, source, rounds, seconds):
    servers = [_server(directory, program, source, name, value) for name, value in (("on", "true"), ("off", "false"))]
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


def _server(directory, program, source, name, value):
    server = Granary(directory / f"granary-trail-{name}", program, source, {"Trail__Reads": value})
    server.name = name
    return server
