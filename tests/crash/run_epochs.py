"""A run: data directories one after another until the deaths or the time are used up, or something was found."""
import pathlib
import random
import statistics
import tempfile
import time

import harness
import powerloss


def run(options):
    """Returns the `Total`. Prints how far it is after each data directory."""
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}", flush=True)
    total = Total()
    until = time.monotonic() + options.seconds
    if options.scratch:
        pathlib.Path(options.scratch).mkdir(parents=True, exist_ok=True)
    for what, count in (("kills", options.kills), ("power losses", options.power_losses)):
        number = 0
        while total.done[what] < count and time.monotonic() < until and not total.found:
            total.add(what, *_epoch(options, f"{seed}/{what}/{number}", what, min(options.epoch, count - total.done[what]), until))
            number += 1
            print(total, flush=True)
    return total


def _epoch(options, seed, what, count, until):
    """One data directory from its first start to its end, so that no check grows with the length of the run."""
    with tempfile.TemporaryDirectory(prefix="granary-crash-", dir=options.scratch) as place:
        faults = powerloss.PowerLoss(pathlib.Path(place) / "power", options) if what == "power losses" else None
        one = harness.Harness(options, pathlib.Path(place) / "server", seed, faults)
        one.open()
        done = one.run(count, until)
        if one.violations:
            kept = one.keep_evidence(pathlib.Path(options.evidence) / seed.replace("/", "-").replace(" ", "-"))
            if faults:
                faults.keep(kept)
            print(f"evidence of seed {seed}: {kept}", flush=True)
        return done, one


class Total:
    def __init__(self):
        self.done = {"kills": 0, "power losses": 0}
        self.counts = {"INTENT": 0, "ACK": 0, "REJECT": 0, "UNKNOWN": 0}
        self.checked, self.starts, self.found, self.begun = 0, [], [], time.monotonic()

    def add(self, what, done, one):
        self.done[what] += done
        for name, count in one.ledger.counts.items():
            self.counts[name] += count
        self.checked += one.checked
        self.starts += one.starts
        self.found += one.violations

    def __str__(self):
        starts = self.starts or [0.0]
        return (
            f"{self.done['kills']} kills, {self.done['power losses']} power losses in {time.monotonic() - self.begun:.0f} s; "
            f"{self.counts['INTENT']} requests: {self.counts['ACK']} acknowledged, {self.counts['REJECT']} refused, {self.counts['UNKNOWN']} unknown; "
            f"{self.checked} acknowledgements checked after a crash; start {statistics.median(starts):.2f} s in the middle, {max(starts):.2f} s at most; "
            f"{len(self.found)} violations")
