"""The n-th change of a file fails, for every n: see `faults`."""
import collections
import errno
import itertools
import pathlib
import random
import subprocess
import tempfile
import time

import check
import disk
import formats
import harness
import model
import wire as wires

ERRORS = ("EIO", "ENOSPC")
FAR = 2000  # No publish makes as many changes: something that ends no series is a bug of the harness.


def run(options):
    """Returns the exit code."""
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="granary-faults-", dir=options.scratch) as place:
        one = Faults(options, pathlib.Path(place), seed)
        try:
            one.run()
        except model.Violation as violation:
            one.harness.violated(violation)
        except (RuntimeError, wires.Lost) as failure:
            one.harness.violated(model.Violation("harness", repr(failure)))
        finally:
            one.disk.disarm()
            if one.harness.server.process is not None:
                one.harness.server.kill()
        print(one, flush=True)
        if one.harness.violations:
            print(f"evidence: {one.harness.keep_evidence(pathlib.Path(options.evidence) / str(seed))}")
        for violation in one.harness.violations:
            print(f"VIOLATION {violation}")
        return 1 if one.harness.violations else 0


class Faults:
    def __init__(self, options, place, seed):
        self.options, self.random, self.begun = options, random.Random(seed), time.monotonic()
        self.disk = disk.Disk(place / "disk")
        self.harness = harness.Harness(options, place / "server", seed, self.disk)
        self.formats = [format for format in formats.ALL if not options.formats or format.name in options.formats]
        self.steps, self.answers, self.kills, self.made = 0, collections.Counter(), 0, 0
        self.places = collections.Counter()  # What failed, by call and kind of file.

    def __str__(self):
        met = ", ".join(f"{count} {what}" for what, count in sorted(self.places.items()))
        return (
            f"{self.steps} failures met in {time.monotonic() - self.begun:.0f} s ({met}); first answers: "
            f"{', '.join(f'{count} × {status}' for status, count in sorted(self.answers.items()))}; {self.kills} kills; {len(self.harness.violations)} violations")

    def run(self):
        self.harness.open()
        self.harness.wire.drop()
        self.harness.server.start()
        self.kept = {format.name: self._publish_well(format) for format in self.formats}
        series = list(itertools.product(self.formats, ERRORS, (False, True)))
        # So that short runs come to all of them, one or the other.
        self.random.shuffle(series)
        for format, error, sticky in series:
            if self._is_over():
                break
            self._series(format, error, sticky)
            self._kill()
            print(self, flush=True)
        self.harness.server.stop()
        self._look_back()

    def _series(self, format, error, sticky):
        for n in range(1 + self.random.randrange(self.options.every), FAR, self.options.every):
            if self._is_over():
                return
            package = self._package(format)
            self.disk.arm(getattr(errno, error), n, sticky)
            try:
                self._publish(format, package)
                met = self.disk.met
                if met and sticky:
                    # The disk is broken still, and all that is there is served.
                    with self.harness.reading(self.kept[format.name]):
                        self.harness.checker.check_package(self.kept[format.name], f"reads while {self.disk.first} fails")
            except model.Violation as violation:
                raise model.Violation(violation.check, f"{format.name}, {error} {'from' if sticky else 'at'} change {n} ({self.disk.first}): {violation}") from violation
            finally:
                self.disk.disarm()
            if not met:
                return
            self.steps += 1
            self.places[_kind(self.disk.first)] += 1
            try:
                with self.harness.reading(package):
                    check.with_retries(self.harness.checker, package, "once the disk works again")
            except model.Violation as violation:
                raise model.Violation(violation.check, f"{format.name}, {error} {'from' if sticky else 'at'} change {n} ({self.disk.first}): {violation}") from violation
        raise RuntimeError(f"{FAR} changes, and no publish of {format.name} goes through")

    def _is_over(self):
        return time.monotonic() - self.begun > self.options.seconds

    def _package(self, format):
        package = model.Package(format.name, f"fault-{self.made}", format.namespace)
        self.made += 1
        self.harness.add(package)
        return package

    def _publish_well(self, format):
        package = self._package(format)
        self._publish(format, package)
        self.harness.checker.check_package(package, "before anything fails")
        return package

    def _publish(self, format, package):
        version = package.version("1.0.2")
        version.salt, version.size = package.name, self.random.choice([300, 5000, 70_000])
        content = format.content(package, version.number, version.salt, version.size)
        for step in format.steps(package, version.number, content):
            before = version.known
            self.harness.request(version, step.what, step.sha256, step.apply, step.send)
            if len(version.possible) > 1:
                # Refused, and what is there now the checker will see.
                self.answers["refused"] += 1
                return
            if step.apply(before) == model.REFUSED:
                return
        self.answers["acknowledged"] += 1

    def _kill(self):
        """What was acknowledged outlives the process, whatever failed before."""
        self.harness.server.kill()
        self.harness.wire.drop()
        self.kills += 1
        self.harness.fsck.check(self.harness.packages, everything=True)
        self.harness._start()
        with self.harness.reading("everything"):
            for package in self.random.sample(list(self.harness.packages.values()), min(20, len(self.harness.packages))):
                self.harness.checker.check_package(package, "after the kill")

    def _look_back(self):
        """No failure of the disk is a surprise to the server, and its audit trail has no hole that it does not tell of."""
        log = self.harness.server.log.read_text(errors="replace")
        if "nobody foresaw" in log:
            at = log.index("nobody foresaw")
            raise model.Violation("log", log[max(0, at - 200):at + 3000])
        verified = subprocess.run([self.harness.server.program, "audit", "verify", "--data", str(self.harness.server.data)], capture_output=True, text=True)
        if verified.returncode:
            raise model.Violation("trail", f"granary audit verify: {verified.stdout}{verified.stderr}")


def _kind(first):
    """What failed in words that are the same for all files of a kind."""
    call, _, path = first.partition(" /")
    for part, kind in (("granary.db-wal", "the log"), ("granary.db-shm", "the log's index"), ("granary.db", "the database"), ("incoming", "arriving bytes"), ("assets", "assets")):
        if part in path:
            return f"{call} {kind}"
    return f"{call} others"
