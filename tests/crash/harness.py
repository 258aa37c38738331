"""Load, kill, start again, check: one data directory after another."""
import concurrent.futures
import contextlib
import json
import pathlib
import random
import shutil
import threading
import time

import check
import fsck
import ledger
import load
import model
import server as servers
import wire as wires

REPOSITORY = "crash-repo"
SLOWEST_START = 5.0  # Seconds: what HARDENING allows a start to take.
CHECKERS = 6  # Threads that look at packages after a crash.
SAMPLE = 6  # Packages that nobody touched, looked at after each crash.


class Harness:
    """One server and what is known of it. `violations` is all that was found; a run ends at the first."""

    def __init__(self, options, directory, seed, faults=None):
        self.options, self.directory, self.seed, self.faults = options, pathlib.Path(directory), seed, faults
        self.random = random.Random(seed)
        self.packages, self.touched, self.violations, self.starts = {}, set(), [], []
        self.checked = 0  # Acknowledged requests whose effect was looked at after a crash.
        self.lock = threading.Lock()
        self.directory.mkdir(parents=True)
        self.ledger = ledger.Ledger(self.directory / "ledger.jsonl")
        self.server = servers.Server(options.server, self.directory)
        self.checker = check.Checker(self)
        self.fsck = fsck.Fsck(self.server.data, REPOSITORY)
        self.wire = None

    def open(self):
        """The first start, which makes domain and credentials and is no part of what is measured."""
        self.server.start()
        self.wire = self.server.wire(REPOSITORY)
        self.wire.authorize()
        self.wire.create_repository(REPOSITORY)
        self.server.stop()
        if self.faults:
            self.faults.begin(self.server)

    def add(self, package):
        with self.lock:
            self.packages[package.format, package.namespace, package.name] = package

    def request(self, version, what, sha256, apply, send):
        """One request with its two lines in the ledger, and what follows from its answer for the version."""
        with self.lock:
            self.touched.add(version)
        entry = self.ledger.intend(what, str(version), sha256)
        try:
            answer = send(self.wire)
        except wires.Lost as lost:
            self.ledger.settle(entry, "UNKNOWN", str(lost))
            version.unknown(apply, what)
            if self.server.dying:
                raise load.Stopped from lost
            raise model.Violation("answers", f"the connection of {what} of {version} ended, and nobody had killed the server: {lost}") from lost
        if answer.ok:
            self.ledger.settle(entry, "ACK", answer.status)
            version.acknowledged(apply, what)
        elif 400 <= answer.status < 500:
            self.ledger.settle(entry, "REJECT", answer.status)
            version.rejected(apply, what, answer)
        else:
            self.ledger.settle(entry, "UNKNOWN", answer.status)
            version.unknown(apply, what)
            if not (self.faults and self.faults.explains(answer)):
                raise model.Violation("answers", f"{what} of {version} is answered with {answer}")

    @contextlib.contextmanager
    def reading(self, package):
        """Reads that a kill may interrupt."""
        try:
            yield
        except wires.Lost as lost:
            if self.server.dying:
                raise load.Stopped from lost
            raise model.Violation("answers", f"the connection ended while {package} was read: {lost}") from lost

    def violated(self, violation):
        with self.lock:
            self.violations.append(violation)

    def run(self, kills, until):
        """So many kills, or fewer where `until` (monotonic seconds) comes before. Returns how many there were."""
        publishers = [load.Publisher(self, number, self.seed) for number in range(self.options.publishers)]
        done = 0
        try:
            self._start()
            while done < kills and time.monotonic() < until and not self.violations:
                load.run(self, publishers, done, self.random.uniform(self.options.shortest, self.options.longest))
                done += 1
                if self.violations:
                    break
                last = done == kills or time.monotonic() >= until
                self._crashed(last or done % self.options.everything == 0)
        except model.Violation as violation:
            self.violated(violation)
        except (RuntimeError, wires.Lost) as failure:
            self.violated(model.Violation("start", str(failure)))
        finally:
            if self.server.process is not None:
                self.server.kill()
            self.ledger.close()
        return done

    def _crashed(self, everything):
        if self.faults:
            self.faults.crash(self.server, self.random)
        self.fsck.check(self.packages, everything)
        self._start()
        self._check(everything)

    def _start(self):
        took = self.server.start()
        self.starts.append(took)
        # Nobody else is on a machine of its own as on one that builds beside this; then the operator says how much more is due.
        if took > SLOWEST_START * self.options.slack:
            raise model.Violation("start", f"the server was ready after {took:.1f} s, and {SLOWEST_START} are due")
        left = [file.name for file in (self.server.data / "storage" / "incoming").iterdir()]
        if left:
            raise model.Violation("sweep", f"uploads that the kill broke off are still there: {left[:3]}")

    def _check(self, everything):
        # Of the others fsck has seen the rows and the files.
        closely = {}
        for version in self.touched:
            closely.setdefault(version.package, set()).add(version)
        packages = list(self.packages.values())
        closely.update(dict.fromkeys(packages if everything else self.random.sample(packages, min(SAMPLE, len(packages)))))
        self.touched = set()
        with concurrent.futures.ThreadPoolExecutor(CHECKERS) as pool:
            for found in pool.map(self._look, closely.items()):
                if found:
                    self.violated(found)

    def _look(self, item):
        package, versions = item
        try:
            check.with_retries(self.checker, package, "after the crash", versions)
            acks = sum(version.acks for version in package.versions.values())
            with self.lock:
                self.checked += acks
            for version in package.versions.values():
                version.acks = 0
            return None
        except model.Violation as violation:
            return violation
        except (load.Stopped, wires.Lost) as lost:
            return model.Violation("answers", f"the server went away while {package} was checked: {lost!r}")

    def keep_evidence(self, into):
        """Copies ledger, log and data directory, and the words, to where they stay."""
        into = pathlib.Path(into)
        shutil.rmtree(into, ignore_errors=True)
        shutil.copytree(self.directory, into, symlinks=True)
        (into / "violations.json").write_text(json.dumps([str(v) for v in self.violations], indent=1))
        return into
