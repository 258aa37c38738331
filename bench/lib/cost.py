"""What one request costs in statements, requests to the object store and bytes, with one node, two and three."""

import collections
import dataclasses
import itertools
import json
import re
import statistics
import time

from . import aws, content, formats, nodes, publish
from .content import Package, Release
from .line import Line, prepare, status
from .nodes import Node, Place
from .tools import Failure
from .wire import Requests, Statements, Wire

MOST_NODES = 3
WARMING, REPEATS = 6, 24
IDLE_SECONDS = 6
PAYLOAD_BYTES = 2048
ETAG = re.compile(rb"\r\netag: *([^\r]+)\r\n", re.IGNORECASE)
KINDS = ("statements", "round trips", "sent", "received", "requests", "stored", "fetched")


@dataclasses.dataclass(frozen=True)
class Case:
    """`make` does at other nodes what has to happen before, and answers with the bytes for the node that is asked."""

    title: str
    make: object


class Nodes:
    """What is asked goes to the nodes by turns."""

    def __init__(self, all):
        self.all, self.first = all, all[0]
        owner = aws.Client(self.first)
        self.clients = [aws.Client(node, (owner.key_id, owner.secret)) for node in all]
        self.lines = [Line(node) for node in all]
        self.numbers = itertools.count()
        self.label = len(all)
        self.is_listed = True
        name, token = nodes.create_domain(owner, f"bench-{self.label}")
        self.places = [Place(node, name, token) for node in all]
        self.package = content.packument_165k()[0].name
        self.version = content.packument_165k()[0].version
        self.tag = ETAG.search(self.lines[0].exchange(self.packument(0)))[1].decode()
        self.tarball = content.packument_165k()[0].file_name

    def get(self, at, path, **headers):
        node = self.all[at]
        return prepare(node, "GET", node.address(path).removeprefix(node.origin), {**self.first.headers(), **headers})

    def packument(self, at, **headers):
        return self.get(at, f"npm/{self.package}", **{"Accept": "application/json", "Accept-Encoding": "gzip", **headers})

    def unchanged(self, at):
        return self.packument(at, **{"If-None-Match": self.tag})

    def after_change(self, at):
        other = (at + 1) % len(self.all)
        self.is_listed = not self.is_listed
        body = {"versions": [self.version], "targetStatus": "Published" if self.is_listed else "Unlisted"}
        answer = self.lines[other].exchange(self.signed(other, "POST", "/v1/package/versions/update_status", body, package=self.package))
        if status(answer) != 200:
            raise Failure(f"A status was not changed: {answer[:1000]!r}")
        return self.packument(at)

    def small_asset(self, at):
        return self.get(at, f"npm/{self.package}/-/{self.tarball}")

    def large_asset(self, at):
        return self.get(at, "pypi/simple/bench-large/1.0/bench_large-1.0-py3-none-any.whl")

    def ping(self, at):
        return self.get(at, "npm/-/ping")

    def token(self, at):
        return self.signed(at, "POST", "/v1/authorization-token")

    def describe(self, at):
        return self.signed(at, "GET", "/v1/package/version", package=self.package, version=self.version)

    def versions(self, at):
        return self.signed(at, "POST", "/v1/package/versions", package=self.package)

    def publish_version(self, at):
        return self._npm(at, f"bench-cost-{self.label}", f"1.{next(self.numbers)}.0")

    def publish_package(self, at):
        return self._npm(at, f"bench-cost-{self.label}-{next(self.numbers)}", "1.0.0")

    def wheel(self, at):
        return self._send(at, *formats.wheel_upload(f"bench-cost-{self.label}", f"1.{next(self.numbers)}", PAYLOAD_BYTES))

    def nupkg(self, at):
        return self._send(at, *formats.nupkg_push(f"Bench.Cost{self.label}", f"1.{next(self.numbers)}.0", PAYLOAD_BYTES))

    def signed(self, at, method, path, body=None, **query):
        payload = json.dumps(body).encode() if body else b""
        parameters = {"domain": "my-domain", **({"repository": "my-repo", "format": "npm", **query} if query else {})}
        method, target, payload, headers = self.clients[at].sign("codeartifact", method, path, parameters, payload, "application/json")
        return prepare(self.all[at], method, target, headers, payload)

    def close(self):
        for line in self.lines:
            line.close()

    def _npm(self, at, name, version):
        return publish.request(self.places[at], Release(Package(name, version), version, PAYLOAD_BYTES))

    def _send(self, at, method, path, body, headers):
        place = self.places[at]
        return prepare(place, method, place.address(path).removeprefix(place.origin), {**place.headers(), **headers}, body)


CASES = [
    Case("npm ping (the token alone)", Nodes.ping),
    Case("packument, nothing changed", Nodes.packument),
    Case("304, nothing changed", Nodes.unchanged),
    Case("packument after a change to it", Nodes.after_change),
    Case("tarball of some KB", Nodes.small_asset),
    Case("wheel of 1 MB", Nodes.large_asset),
    Case("npm publish of a new version", Nodes.publish_version),
    Case("npm publish of a new package", Nodes.publish_package),
    Case("twine upload of a new version", Nodes.wheel),
    Case("nuget push of a new version", Nodes.nupkg),
    Case("GetAuthorizationToken", Nodes.token),
    Case("DescribePackageVersion", Nodes.describe),
    Case("ListPackageVersions", Nodes.versions),
]


def measure(directory, program, source, backends):
    """By title, for each number of nodes the medians of a request's costs; and by number what they cost when nobody asks, a second."""
    postgres, ceph = backends.postgres, backends.ceph
    database, store = Wire(postgres.port, Statements), Wire(ceph.port, Requests)
    connection = postgres.connection_string(postgres.create("cost"), database.port)
    settings = ceph.settings(ceph.create("cost"), store.port)
    started, costs, idle = [], {case.title: [] for case in CASES}, []
    try:
        for number in range(MOST_NODES):
            node = Node(directory / f"granary-cost-{number}", program, source, dict(settings), connection, started[0] if started else None)
            started.append(node)
            node.start()
            if number == 0:
                node.sign_in()
                node.load([content.packument_165k()])
                formats.upload_wheel(node, "bench-large", "1.0", formats.MEGABYTE)
            asked = Nodes(started)
            for case in CASES:
                costs[case.title].append(_cost(asked, case, database, store))
            asked.close()
            idle.append(_idle(database, store))
        return costs, idle
    finally:
        for node in started:
            node.stop()
        database.close()
        store.close()


def _cost(asked, case, database, store):
    seen = []
    for number in range(WARMING + REPEATS):
        at = number % len(asked.all)
        request = case.make(asked, at)
        before = _read(database, store)
        answer = asked.lines[at].exchange(request)
        after = _read(database, store)
        if status(answer) not in (200, 201, 202, 304):
            raise Failure(f"{case.title} was answered with {answer[:1000]!r}")
        if number >= WARMING:
            seen.append({kind: after[kind] - before[kind] for kind in KINDS})
    # The median: what runs in the background now and then is no cost of the request that it meets.
    return {kind: statistics.median(one[kind] for one in seen) for kind in KINDS}


def _idle(database, store):
    """Nobody asks, once what was recorded of earlier requests is written."""
    time.sleep(3)
    before = _read(database, store)
    time.sleep(IDLE_SECONDS)
    after = _read(database, store)
    return {kind: (after[kind] - before[kind]) / IDLE_SECONDS for kind in KINDS}


def _read(database, store):
    asked, stored = database.snapshot(), store.snapshot()
    return collections.Counter({**asked, "requests": stored["requests"], "stored": stored["sent"], "fetched": stored["received"]})
