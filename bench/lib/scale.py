"""What size costs: a domain of a thousand versions and one of a million, asked the same by turns."""

import dataclasses
import time

from . import domain
from .domain import Domain
from .granary import Granary
from .tools import run

SMALL = 1000
VERSIONS_EACH = 20
WARMING = 50  # repetitions of a case that are not counted: fewer, and some are run by code that is not compiled for good yet


@dataclasses.dataclass(frozen=True)
class Case:
    """One kind of request: `make` does what has to happen before, and answers with the bytes to send. `each` is how many
    repetitions a round has."""

    title: str
    make: object
    each: int = 100


CASES = [
    Case("packument, nothing changed", Domain.packument),
    Case("304, nothing changed", Domain.unchanged),
    Case("packument after a change elsewhere", Domain.after_change_elsewhere, 40),
    Case("packument after a change to it", Domain.after_change, 40),
    Case("ListPackages, first page", Domain.first_page),
    Case(f"ListPackages, page {domain.DEEP_PAGE:,}", Domain.deep_page),
    Case(f"the same of one format, page {domain.DEEP_PAGE:,}", Domain.deep_page_of_format),
    Case("DescribePackageVersion", Domain.describe),
    Case("npm publish of a new version", Domain.publish_version, 40),
    Case("npm publish of a new package", Domain.publish_package, 40),
]


class Chain(Granary):
    """Clients ask the first repository of the chain that the seed makes."""

    @property
    def base(self):
        return f"{self.origin}/npm/d/my-domain-123456789012/repo-0"


def measure(directory, program, seed, versions, rounds):
    """Milliseconds of each case and domain, passed and of the processor, in the order of the repetitions; and lines about what was made."""
    servers, domains, lines = [], [], []
    try:
        for count in (SMALL, versions):
            name = f"{count:,} versions"
            print(f"  making {name}", flush=True)
            server = Chain(directory / f"granary-scale-{count}", program, "http://127.0.0.1:9")
            servers.append(server)
            lines.append(f"{name}: {_fill(server, seed, count)}")
            server.start()
            server.sign_in()
            domains.append(Domain(name, server))
        return compare(domains, rounds), lines
    finally:
        for server in servers:
            server.stop()


def compare(domains, rounds):
    """Each repetition asks both, and who comes first changes: whatever else the machine does meets them alike."""
    result = {}
    for asked in domains:
        _read_through(asked.server.data / "granary.db")
        asked.connect()
    for case in CASES:
        print(f"  {case.title}", flush=True)
        milliseconds = {asked.name: [] for asked in domains}
        for number in range(WARMING + rounds * case.each):
            for asked in domains if number % 2 else reversed(domains):
                times = asked.time(case.make(asked))
                if number >= WARMING:
                    milliseconds[asked.name].append(times)
        result[case.title] = milliseconds
    return result


def _read_through(path):
    """Brings a file into the system's memory, which may have let go of what nobody had read for a while."""
    with open(path, "rb", buffering=0) as file:
        while file.read(1 << 24):
            pass


def _fill(server, seed, versions):
    """Starts it once, so that there is a database to fill; answers with what that took."""
    server.start()
    server.stop()
    begun = time.perf_counter()
    run([seed, "--data", server.data, "--versions", versions, "--packages", versions // VERSIONS_EACH], seconds=4 * 3600)
    elapsed = time.perf_counter() - begun
    megabytes = (server.data / "granary.db").stat().st_size / 1e6
    return f"{megabytes:,.0f} MB of database, made in {elapsed:.0f} s"
