"""The clock jumps: see `clocks`."""
import datetime
import pathlib
import random
import subprocess
import tempfile
import time

import clock
import formats
import harness
import model
import wire as wires

SOON = 30.0  # Seconds in which a job that is due each second has run again, on a busy machine too.
SAMPLE = 5  # Packages of before each jump that are looked at after it.
SHORT = 900  # Seconds of the shortest token.


def run(options):
    """Returns the exit code."""
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="granary-clocks-", dir=options.scratch) as place:
        one = Clocks(options, pathlib.Path(place), seed)
        try:
            one.run()
        except model.Violation as violation:
            one.harness.violated(violation)
        except (RuntimeError, wires.Lost) as failure:
            one.harness.violated(model.Violation("harness", repr(failure)))
        finally:
            if one.harness.server.process is not None:
                one.harness.server.kill()
        print(one, flush=True)
        if one.harness.violations:
            print(f"evidence: {one.harness.keep_evidence(pathlib.Path(options.evidence) / str(seed))}")
        for violation in one.harness.violations:
            print(f"VIOLATION {violation}")
        return 1 if one.harness.violations else 0


class Clocks:
    def __init__(self, options, place, seed):
        self.random, self.begun = random.Random(seed), time.monotonic()
        self.clock = clock.Clock(place / "clock")
        self.harness = harness.Harness(options, place / "server", seed, self.clock)
        self.harness.server.environment["Collection__Interval"] = "1s"
        self.jump = int(options.hours * 3600)
        self.jumps, self.published, self.rounds, self.tokens = 0, 0, 0, []

    def __str__(self):
        return (
            f"{self.jumps} jumps in {time.monotonic() - self.begun:.0f} s: {self.published} versions published, {len(self.tokens)} tokens, "
            f"{self.rounds} rounds of collection; {len(self.harness.violations)} violations")

    def run(self):
        self.harness.open()
        self.harness.wire.drop()
        self.harness.server.start()
        self._look(0)
        orphan = self._orphan()
        # Twice: a round that had begun before may not have noticed it.
        self._must_collect(0)
        self._must_collect(0)
        for number, shift in enumerate((self.jump, 0, -self.jump, self.jump)):
            self._jump(shift)
            self._look(shift)
            if number == 0:
                self._must_be_kept(orphan)
        for shift in (0, -self.jump, self.jump):
            # In the middle of whatever runs, so that what it had leased stays so.
            self.harness.server.kill()
            self.harness.wire.drop()
            self._jump(shift)
            self.harness._start()
            self._look(shift)
        self.harness.server.stop()
        self._look_back()

    def _jump(self, shift):
        self.clock.set(shift)
        self.harness.wire.skew = datetime.timedelta(seconds=shift)
        self.jumps += 1

    def _look(self, shift):
        wire = self.harness.wire
        self._must_refuse_other_times(wire, shift)
        wire.authorize()
        self.tokens.append((shift, shift + 43200, wire.token))
        short = wire.aws("POST", "/v1/authorization-token", {"domain": wires.DOMAIN, "duration": SHORT})
        self.tokens.append((shift, shift + SHORT, short.json["authorizationToken"]))
        self._check_tokens(wire, shift)
        older = self.random.sample(list(self.harness.packages.values()), min(SAMPLE, len(self.harness.packages)))
        newer = [self._publish(format).package for format in formats.ALL]
        for package in older + newer:
            self.harness.checker.check_package(package, f"the clock is wrong by {shift} s")
        self._must_collect(shift)

    def _must_refuse_other_times(self, wire, shift):
        """Both times in words, and the server's own in Date, by which SDKs correct theirs."""
        for wrong in (shift - 3600, shift + 3600):
            wire.skew = datetime.timedelta(seconds=wrong)
            answer = wire.aws("GET", "/v1/domain", {"domain": wires.DOMAIN})
            if answer.status != 403 or b"the server's time is" not in answer.body:
                raise model.Violation("skew", f"a signature {wrong - shift} s away from the server's time is answered with {answer}")
        wire.skew = datetime.timedelta(seconds=shift)

    def _check_tokens(self, wire, shift):
        """A token is good until its end, whatever the clock showed in between. Its beginning is nobody's concern: the clock may be set back."""
        last = wire.token
        for _, until, token in self.tokens:
            wire.token = token
            good = wire.package_manager("GET", "npm", "-/ping").status == 200
            if good != (shift < until):
                raise model.Violation("tokens", f"a token that ends at {until} s is {'good' if good else 'refused'} at {shift} s")
        # The oldest that is good goes on.
        wire.token = next((token for _, until, token in self.tokens if until - shift > SHORT), last)

    def _publish(self, format):
        package = model.Package(format.name, f"clock-{self.published}", format.namespace)
        self.harness.add(package)
        version = package.version("1.0.2")
        version.salt, version.size = package.name, 4000
        content = format.content(package, version.number, version.salt, version.size)
        for step in format.steps(package, version.number, content):
            self.harness.request(version, step.what, step.sha256, step.apply, step.send)
        self.published += 1
        return version

    def _orphan(self):
        """A version whose bytes nothing names any more, for two hours that are not over."""
        version = self._publish(formats.OF["generic"])
        state = version.known
        self.harness.request(
            version, "delete", None, model.deleted,
            lambda wire: wire.aws("POST", "/v1/package/versions/delete", wire.of(version.package), {"versions": [version.number]}))
        return [sha for _, sha in state.assets]

    def _must_be_kept(self, shas):
        # A jump is no passing of time: a round believes in half of the grace at most.
        assets = self.harness.server.data / "storage" / "assets"
        missing = [sha for sha in shas if not list(assets.glob(f"*/{sha[:2]}/{sha}*"))]
        if missing:
            raise model.Violation("collection", f"{missing} were removed after seconds, and their grace is two hours")

    def _must_collect(self, shift):
        log, begun = self.harness.server.log, time.monotonic()
        before = log.read_text(errors="replace").count("Collection: ")
        while log.read_text(errors="replace").count("Collection: ") == before:
            if time.monotonic() - begun > SOON:
                raise model.Violation("jobs", f"no round of collection in {SOON:.0f} s, and one is due each second; the clock is wrong by {shift} s")
            time.sleep(0.1)
        self.rounds += 1

    def _look_back(self):
        log = self.harness.server.log.read_text(errors="replace")
        if "nobody foresaw" in log:
            at = log.index("nobody foresaw")
            raise model.Violation("log", log[max(0, at - 200):at + 3000])
        verified = subprocess.run([self.harness.server.program, "audit", "verify", "--data", str(self.harness.server.data)], capture_output=True, text=True)
        if verified.returncode:
            raise model.Violation("trail", f"granary audit verify: {verified.stdout}{verified.stderr}")
