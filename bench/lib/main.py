"""The order of the measurement."""

import argparse
import json
import pathlib
import shutil
import tempfile

from . import access, clients, content, cost, engines, formats, install, machine, publish, reads, report, scale, server, startup, tools, trail, transfer
from .granary import Granary
from .nginx import Nginx
from .verdaccio import Verdaccio

NAMES = ["nginx", "verdaccio", "granary"]
FORMATS = [*dict.fromkeys(case.group for case in formats.CASES)]
GROUPS = [*dict.fromkeys(case.group for case in reads.CASES), *FORMATS, "publish", "access", "install", "clients", "trail", "metrics", "startup"]
ON_DEMAND = ["scale", "engines", "cost", "transfer"]  # take longer to make than all else to measure, or other servers than all else
CLIENTS = 8


def main():
    options = _options()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="granary-bench-", dir=options.temp))
    try:
        _Run(options, directory).all()
    except tools.Failure as failure:
        print(f"\nbench: {failure}")
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        if options.keep:
            print(f"\nkept {directory}")
        else:
            shutil.rmtree(directory, ignore_errors=True)
    return 0


def _options():
    parser = argparse.ArgumentParser(prog="bench/run", description="Measures Granary beside nginx and Verdaccio.")
    parser.add_argument("--only", nargs="+", choices=[*GROUPS, *ON_DEMAND], default=GROUPS,
                        help="measure these groups only; scale, engines, cost and transfer are measured only when they are named")
    parser.add_argument("--contenders", nargs="+", choices=NAMES, default=NAMES, help="leave out the others")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each contender (5)")
    parser.add_argument("--seconds", type=int, default=3, help="seconds of a round (3)")
    parser.add_argument("--install-rounds", type=int, choices=(1, 2), default=2,
                        help="installs from the real source, which is asked sparingly (2)")
    parser.add_argument("--versions", type=int, default=1_000_000, help="the larger domain's versions, twenty a package (1,000,000)")
    parser.add_argument("--granary", type=pathlib.Path, help="a published server, instead of building this tree's")
    parser.add_argument("--temp", help="a directory on the disk to measure on, instead of the system's temporary one")
    parser.add_argument("--json", type=pathlib.Path, help="write every figure here too")
    parser.add_argument("--keep", action="store_true", help="leave the servers' data and logs in place")
    options = parser.parse_args()
    if options.rounds < 1 or options.seconds < 1:
        parser.error("rounds and seconds are at least 1")
    if options.versions < 1000 or options.versions % 1000:
        parser.error("versions come in thousands")
    if options.contenders == ["nginx"]:
        parser.error("nginx serves what a registry answered: name one too")
    return options


class _Run:
    def __init__(self, options, directory):
        self.options, self.directory = options, directory
        self.names = [name for name in NAMES if name in options.contenders]
        self.figures = {}
        self.peaks = {}

    def all(self):
        only = self.options.only
        self._tools()
        for line in machine.describe(self.directory, self.script):
            print(line, flush=True)
        if "startup" in only:
            print("\nstarting on empty directories", flush=True)
            self.figures["startup_empty"] = startup.measure_empty(
                [lambda label, name=name: self._server(name, label) for name in self.names], self.options.rounds)
        if "install" in only and "granary" in self.names:
            self._installs()
        if "clients" in only and "granary" in self.names:
            self._clients()
        if "trail" in only and "granary" in self.names:
            self._trail()
        if "metrics" in only and "granary" in self.names:
            self._metrics()
        if "scale" in only and "granary" in self.names:
            self._scale()
        if set(only) & {"engines", "cost", "transfer"} and "granary" in self.names:
            self._engines()
        if set(only) - {"install", "clients", "trail", "metrics", *ON_DEMAND}:
            self._loaded()
        self._report()

    def _tools(self):
        tools.ensure_debian_packages(["nginx", "wrk"])
        self.script = tools.ensure_verdaccio()
        self.program = None
        if "granary" in self.names:
            self.program = (self.options.granary or tools.build_granary()).resolve()
            self.source = tools.npm_source()

    def _server(self, name, label, source="http://127.0.0.1:9"):
        """A server on a directory of its own. The source given is the discard port: nothing answers there."""
        directory = self.directory / f"{name}-{label}"
        if name == "nginx":
            return Nginx(directory)
        if name == "verdaccio":
            return Verdaccio(directory, self.script)
        return Granary(directory, self.program, source)

    def _installs(self):
        print("\nnpm ci", flush=True)
        seconds, peaks, count = install.measure(self.directory, self.program, self.source, self.options.install_rounds)
        self.figures["install_seconds"], self.figures["install_packages"] = seconds, count
        self.peaks["granary, cold and warm npm ci"] = max(peaks)

    def _clients(self):
        print("\npip, Maven and dotnet", flush=True)
        nginx, granary = self._server("nginx", "clients"), None
        nginx.start()
        try:
            granary = Granary(self.directory / "granary-clients", self.program, nginx.origin,
                              {"ExternalConnections__public__maven-central": f"{nginx.origin}/maven-central/"})
            granary.start()
            granary.sign_in()
            self.figures["client_seconds"] = clients.measure(self.directory, nginx, granary, self.options.rounds)
            self.peaks["granary, pip, Maven and dotnet"] = granary.peak_bytes()
        finally:
            nginx.stop()
            if granary:
                granary.stop()

    def _trail(self):
        print("\nwith and without a trail of reads", flush=True)
        nginx = self._server("nginx", "trail")
        nginx.start()
        try:
            self.figures["trail"] = trail.measure(
                self.directory, self.program, nginx.origin, self.options.rounds, self.options.seconds)
        finally:
            nginx.stop()

    def _metrics(self):
        print("\nwith and without metrics and events", flush=True)
        nginx = self._server("nginx", "metrics")
        nginx.start()
        try:
            self.figures["metrics"], self.figures["metrics_publishes_per_second"] = trail.measure_metrics(
                self.directory, self.program, nginx, server.free_port(), self.options.rounds, self.options.seconds, CLIENTS)
        finally:
            nginx.stop()

    def _scale(self):
        print("\na small domain and a large one", flush=True)
        self.figures["scale_milliseconds"], self.figures["scale_made"] = scale.measure(
            self.directory, self.program, tools.build_seed(), self.options.versions, self.options.rounds)

    def _engines(self):
        print("\nSQLite and files, PostgreSQL and Ceph", flush=True)
        nginx = self._server("nginx", "engines")
        nginx.start()
        try:
            with engines.Backends(self.directory, self.options.temp) as backends:
                if "engines" in self.options.only:
                    self.figures["engines"], self.figures["engines_publishes_per_second"] = engines.measure(
                        self.options, self.directory, self.program, nginx.origin, backends)
                    report.engines(self.figures["engines"], self.figures["engines_publishes_per_second"])
                if "cost" in self.options.only:
                    print("\nthe cost of a request", flush=True)
                    self.figures["cost"] = cost.measure(self.directory, self.program, nginx.origin, backends)
                    report.cost(*self.figures["cost"])
                if "transfer" in self.options.only:
                    print("\nbackup, restore and migration", flush=True)
                    versions = self.options.versions
                    self.figures["transfer_seconds"] = transfer.measure(self.directory, self.program, tools.build_seed(), versions, backends)
                    report.transfer(self.figures["transfer_seconds"], versions)
        finally:
            nginx.stop()

    def _loaded(self):
        started = []
        try:
            servers = self._start_and_load(started)
            self._reads(servers)
            self._formats(servers)
            if "publish" in self.options.only:
                self._publishes([server for server in servers if server.name != "nginx"])
            if "access" in self.options.only and "granary" in self.names:
                print("  access", flush=True)
                granary = next(server for server in servers if server.name == "granary")
                self.figures["access"], self.figures["token_milliseconds"] = access.measure(
                    granary, self.options.rounds, self.options.seconds)
            for server in servers:
                self.peaks[f"{server.name}, loading, reads and publishes"] = server.peak_bytes()
            if "startup" in self.options.only:
                print("\nrestarting on the loaded directories", flush=True)
                self.figures["startup_filled"] = startup.measure_filled(servers, self.options.rounds)
        finally:
            for server in started:
                server.stop()

    def _start_and_load(self, started):
        """The servers to measure. Granary asks nginx for what it does not have, and is told 404: nothing that is
        published here may be looked up at a public source."""
        nginx = self._server("nginx", "loaded")
        servers = {"nginx": nginx}
        nginx.start()
        started.append(nginx)
        for name in self.names:
            if name == "nginx":
                continue
            print(f"\nloading {name}", flush=True)
            servers[name] = server = self._server(name, "loaded", nginx.origin)
            server.start()
            started.append(server)
            server.sign_in()
            server.load(content.everything())
        return [servers[name] for name in self.names]

    def _reads(self, servers):
        cases = [case for case in reads.CASES if case.group in self.options.only]
        if not cases:
            return
        print(f"\n{self.options.rounds} rounds of {self.options.seconds} s each, by turns", flush=True)
        for server in servers:
            if server.name == "nginx":
                # The last name is the model: Granary, where it takes part.
                server.load(cases, servers[-1])
        results = reads.measure(servers, cases, self.options.rounds, self.options.seconds)
        self.figures["reads"] = results

    def _formats(self, servers):
        """What Verdaccio has nothing to set against."""
        groups = [group for group in FORMATS if group in self.options.only]
        pair = [server for server in servers if server.name != "verdaccio"]
        if not groups or "granary" not in self.names:
            return
        print(f"\nloading {', '.join(groups)}", flush=True)
        formats.load(pair[-1], groups)
        cases = [case for case in formats.CASES if case.group in groups]
        if pair[0].name == "nginx":
            pair[0].load(cases, pair[-1])
        self.figures["formats"] = reads.measure(pair, cases, self.options.rounds, self.options.seconds)

    def _publishes(self, registries):
        print("  publish", flush=True)
        self.figures["publishes_per_second"] = publish.by_turns(registries, CLIENTS, self.options.rounds, self.options.seconds)

    def _report(self):
        figures = self.figures
        if "reads" in figures:
            report.reads(figures["reads"], self.names)
        if "formats" in figures:
            report.reads(figures["formats"], [name for name in self.names if name != "verdaccio"])
        if "publishes_per_second" in figures:
            report.publishes(figures["publishes_per_second"], CLIENTS)
        if "access" in figures:
            report.access(figures["access"], figures["token_milliseconds"])
        if "trail" in figures:
            report.trail(figures["trail"])
        if "metrics" in figures:
            report.metrics(figures["metrics"], figures["metrics_publishes_per_second"])
        if "scale_milliseconds" in figures:
            report.scale(figures["scale_milliseconds"], figures["scale_made"])
        if "install_seconds" in figures:
            report.installs(figures["install_seconds"], figures["install_packages"])
        if "client_seconds" in figures:
            report.clients(figures["client_seconds"])
        if "startup_filled" in figures:
            report.startups(figures["startup_empty"], figures["startup_filled"])
        if self.peaks:
            report.memory(self.peaks)
        if self.options.json:
            if "access" in figures:
                figures["access"] = figures["access"].plain()
            plain = {**figures, "peak_bytes": self.peaks,
                     "reads": [result.plain() for result in figures.get("reads", [])],
                     "formats": [result.plain() for result in figures.get("formats", [])],
                     "engines": [result.plain() for result in figures.get("engines", [])],
                     "trail": [result.plain() for result in figures.get("trail", [])],
                     "metrics": [result.plain() for result in figures.get("metrics", [])]}
            self.options.json.write_text(json.dumps(plain, indent=2) + "\n")
