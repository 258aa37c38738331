"""SQLite and files beside PostgreSQL and Ceph, with one node and with three: the same reads and publishes by turns."""

import dataclasses

from . import content, formats, nodes, publish, reads
from .ceph import Ceph
from .line import prepare as prepare_request
from .nodes import Fleet, Node
from .postgresql import PostgreSql

EMBEDDED, ONE, THREE = "SQLite + files", "1 node", "3 nodes"
CLIENTS = 8
PAYLOAD_BYTES = 8 * 1024
READS = ("packument 165 KB, gzip", "304 for the 165 KB packument", "tarball 320 KB", "wheel of 1 MB")


@dataclasses.dataclass(frozen=True)
class Publish:
    """`make` answers with the requests of each client; `domains` is how many of them the clients share."""

    title: str
    make: object
    domains: int = 1


class Backends:
    """PostgreSQL and Ceph, as long as they are measured."""

    def __init__(self, directory, temp):
        self.postgres, self.ceph = PostgreSql(temp), Ceph(directory / "ceph")

    def __enter__(self):
        try:
            self.postgres.start()
            self.ceph.start()
        except BaseException:
            self.__exit__()
            raise
        print(f"  {self.postgres.version()}, {self.ceph.version()}", flush=True)
        return self

    def __exit__(self, *_):
        self.ceph.stop()
        self.postgres.stop()


def measure(options, directory, program, source, backends):
    """Results of the reads, and publishes per second by title and server."""
    fleets = []
    try:
        made = _Maker(directory, program, source, backends.postgres, backends.ceph)
        for name, count in ((EMBEDDED, 0), (ONE, 1), (THREE, 3)):
            print(f"  loading {name}", flush=True)
            fleets.append(made.fleet(name, count))
        cases = [case for case in (*reads.CASES, *formats.CASES) if case.title in READS]
        results = reads.measure(fleets, cases, options.rounds, options.seconds)
        return results, _publishes(fleets, options.rounds, options.seconds)
    finally:
        for fleet in fleets:
            fleet.stop()


class _Maker:
    def __init__(self, directory, program, source, postgres, ceph):
        self.directory, self.program, self.source = directory, program, source
        self.postgres, self.ceph = postgres, ceph

    def fleet(self, name, count):
        """Loaded nodes that share a database and a bucket; with a count of 0 the server that needs neither."""
        database, settings = None, {}
        if count:
            database = self.postgres.connection_string(self.postgres.create(f"nodes_{count}"))
            settings = self.ceph.settings(self.ceph.create(f"nodes-{count}"))
        first, members = None, []
        for number in range(max(count, 1)):
            member = Node(self.directory / f"granary-engines-{count}-{number}", self.program, self.source, dict(settings), database, first)
            member.name = name
            first = first or member
            members.append(member)
            try:
                member.start()
            except Exception:
                Fleet(name, members).stop()
                raise
        first.sign_in()
        first.load([content.packument_165k(), content.tarball_320k()])
        formats.upload_wheel(first, "bench-large", "1.0", formats.MEGABYTE)
        fleet = Fleet(name, members)
        fleet.domains = nodes.create_domains(first, CLIENTS)
        return fleet


def _publishes(fleets, rounds, seconds):
    """Publishes per second. Every client has a package of its own after another, as builds do."""
    result = {}
    for case in PUBLISHES:
        print(f"  {case.title}", flush=True)
        rates = {fleet.name: [] for fleet in fleets}
        warming = [_rate(fleet, case, "warm", 400, seconds) for fleet in fleets]
        for number in range(rounds):
            for fleet, before in zip(fleets, warming):
                rates[fleet.name].append(_rate(fleet, case, f"round{number}", int(2 * before * seconds) + CLIENTS, seconds))
                fleet.settle()
        result[case.title] = rates
    return result


def _rate(fleet, case, label, count, seconds):
    places = fleet.places([fleet.domains[number % case.domains] for number in range(CLIENTS)])
    return publish.send(places, case.make(places, f"{case.domains}-{label}", count), seconds)


def _npm(places, label, count):
    queues = publish.prepare(f"engines-{label}", len(places), count)
    return [[publish.request(place, release) for release in queue] for place, queue in zip(places, queues)]


def _wheels(places, label, count):
    return _of(places, count, lambda client, number: formats.wheel_upload(f"bench-{label}-{client}", f"1.{number}", PAYLOAD_BYTES))


def _nupkgs(places, label, count):
    return _of(places, count, lambda client, number: formats.nupkg_push(f"Bench.{label}.{client}", f"1.{number}.0", PAYLOAD_BYTES))


def _of(places, count, make):
    return [[prepare(place, *make(client, number)) for number in range(max(1, count // len(places)))] for client, place in enumerate(places)]


def prepare(place, method, path, body, headers):
    """The bytes of a request whose path begins with a format."""
    return prepare_request(place, method, place.address(path).removeprefix(place.origin), {**place.headers(), **headers}, body)


PUBLISHES = [
    Publish("npm publish, one domain", _npm),
    Publish(f"npm publish, {CLIENTS} domains", _npm, CLIENTS),
    Publish("wheel, one domain", _wheels),
    Publish("nupkg, one domain", _nupkgs),
]
