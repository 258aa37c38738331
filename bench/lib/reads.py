"""Requests per second of one answer, by wrk, in short rounds that take turns."""

import concurrent.futures
import dataclasses
import json
import math

from . import exchange
from .content import packument_165k, packument_5m, tarball_320k
from .tools import BENCH, Failure, run

FULL = "application/json"
ABBREVIATED = "application/vnd.npm.install-v1+json"
WARMING_SECONDS = 3
ANSWERS_EACH = 3


@dataclasses.dataclass(frozen=True)
class Case:
    """One kind of answer, of npm by its releases, of another format by its path (the format, then what follows the repository's
    address). The aims are the least ratios to nginx and to Verdaccio, where one is set."""

    group: str
    title: str
    releases: object = None
    encoding: str = "identity"
    accept: str = FULL
    tarball: bool = False
    conditional: bool = False
    connections: int = 16
    aims: tuple = (None, None)
    path: str = None

    @property
    def package(self):
        return self.releases()[0].name

    @property
    def file_name(self):
        """Where nginx has it; both encodings of a document stand side by side."""
        if self.path:
            form = self.accept.replace("/", "-").replace("*", "any")
            return f"{self.path.rstrip('/').replace('/', '-')}-{form}"
        kind = "tarball.tgz" if self.tarball else "full.json" if self.accept == FULL else "abbreviated.json"
        return f"{self.package}-{kind}"


PACKUMENT = (0.55, 40)
CASES = [
    Case("packument", "packument 165 KB, gzip", packument_165k, "gzip", aims=PACKUMENT),
    Case("packument", "packument 165 KB, identity", packument_165k, "identity", aims=PACKUMENT),
    # Fewer connections where an answer takes long, so that a round holds several of each.
    Case("packument", "packument 5 MB, gzip", packument_5m, "gzip", connections=8, aims=PACKUMENT),
    Case("packument", "packument 5 MB, identity", packument_5m, "identity", connections=8, aims=PACKUMENT),
    Case("abbreviated", "its abbreviated form, gzip", packument_5m, "gzip", ABBREVIATED, connections=8, aims=PACKUMENT),
    Case("abbreviated", "its abbreviated form, identity", packument_5m, "identity", ABBREVIATED, connections=8,
         aims=PACKUMENT),
    Case("tarball", "tarball 320 KB", tarball_320k, "identity", tarball=True, aims=(0.5, 3)),
    Case("not-modified", "304 for the 165 KB packument", packument_165k, "gzip", conditional=True),
]


@dataclasses.dataclass(frozen=True)
class Request:
    """A case at one server: what is sent, and what was proved to come back. Where the server is several nodes there is an address for each."""

    server: object
    case: Case
    urls: tuple
    headers: dict
    body_bytes: int

    @staticmethod
    def prove(server, case):
        headers = {**server.headers(), "Accept": case.accept, "Accept-Encoding": case.encoding}
        urls = tuple(server.urls(case) if hasattr(server, "urls") else [server.url(case)])
        for url in urls:
            answer = exchange.send(url, {name: value for name, value in headers.items() if name != "If-None-Match"})
            encoding = answer.headers.get("Content-Encoding", "identity")
            if encoding != case.encoding:
                raise Failure(f"{server.name} answered {case.title} with {encoding}")
            if case.conditional:
                headers["If-None-Match"] = answer.headers["ETag"]
                answer = exchange.send(url, headers, expect=(304,))
        return Request(server, case, urls, headers, len(answer.body))

    def load(self, seconds):
        """Drives the server for so long; answers with requests per second and its processor seconds for one."""
        before = self.server.processor_seconds()
        count = len(self.urls)
        with concurrent.futures.ThreadPoolExecutor(count) as pool:
            parts = list(pool.map(lambda number: self._drive(self.urls[number], (self.case.connections + number) // count, seconds), range(count)))
        figures = {**parts[0], "requests": sum(part["requests"] for part in parts)}
        # What the server still does for requests that the end of the round cut off belongs to this round.
        self.server.settle()
        spent = self.server.processor_seconds() - before
        return figures["requests"] / (figures["microseconds"] / 1e6), spent / figures["requests"]

    def _drive(self, url, connections, seconds):
        fields = [part for name, value in self.headers.items() for part in ("-H", f"{name}: {value}")]
        output = run(["wrk", "-t", 2 if len(self.urls) == 1 else 1, "-c", connections, "-d", f"{seconds}s", "--timeout", "30s",
                      "-s", BENCH / "config" / "report.lua", *fields, url])
        figures = json.loads(output.strip().splitlines()[-1])
        self._check(figures)
        return figures

    def _check(self, figures):
        if figures["refused"] or figures["broken"]:
            raise Failure(f"{self.server.name} failed under load on {self.case.title}: {figures}")
        if not figures["requests"]:
            raise Failure(f"{self.server.name} finished no request on {self.case.title}: longer rounds, please")
        # The bytes counted hold heads and half-received answers too; much less means other answers than the proved one.
        if figures["bytes"] / figures["requests"] < self.body_bytes:
            raise Failure(f"{self.server.name} sent less than it should on {self.case.title}: {figures}")


@dataclasses.dataclass
class Result:
    """Of one case: by server, the body's size, and a figure for each round."""

    case: Case
    body_bytes: dict
    rates: dict
    processor: dict

    def plain(self):
        """For JSON."""
        return {"case": self.case.title, "body_bytes": self.body_bytes, "requests_per_second": self.rates,
                "processor_seconds_per_request": self.processor}


def measure(servers, cases, rounds, seconds):
    results = []
    for case in cases:
        print(f"  {case.title}", flush=True)
        requests = [Request.prove(server, case) for server in servers]
        lengths = [_length(request, seconds) for request in requests]
        result = Result(case, {request.server.name: request.body_bytes for request in requests},
                        {server.name: [] for server in servers}, {server.name: [] for server in servers})
        for _ in range(rounds):
            for request, length in zip(requests, lengths):
                rate, processor = request.load(length)
                result.rates[request.server.name].append(rate)
                result.processor[request.server.name].append(processor)
        results.append(result)
    return results


def _length(request, seconds):
    """Warms a server with the case; answers with how long its rounds have to be for some answers on each connection."""
    rate, _ = request.load(max(seconds, WARMING_SECONDS))
    return max(seconds, math.ceil(ANSWERS_EACH * request.case.connections / rate))
