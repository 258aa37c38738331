"""`npm ci` of a real project: straight from the source, and through Granary with nothing stored and with everything."""

import json
import shutil
import time

from .granary import Granary
from .tools import BENCH, Failure, run


def measure(directory, program, source, rounds):
    """Seconds by kind (`source`, `cold`, `warm`), one for each round; peak memory of each Granary; number of packages."""
    seconds = {"source": [], "cold": [], "warm": []}
    peaks, count = [], 0
    for number in range(rounds):
        print(f"  round {number + 1}", flush=True)
        here = directory / f"install-{number}"
        # Each round its own data directory, so that nothing is stored yet; who goes first changes.
        kinds = ["source", "granary"] if number % 2 == 0 else ["granary", "source"]
        for kind in kinds:
            if kind == "source":
                elapsed, count = _install(here / "source", [])
                seconds["source"].append(elapsed)
            else:
                cold, warm, peak = _through_granary(here, program, source)
                seconds["cold"].append(cold)
                seconds["warm"].append(warm)
                peaks.append(peak)
    return seconds, peaks, count


def _through_granary(here, program, source):
    granary = Granary(here / "server", program, source)
    granary.start()
    try:
        granary.sign_in()
        settings = here / "npmrc"
        settings.write_text(f"{granary.base.removeprefix('http:')}/:_authToken={granary.token}\n")
        arguments = ["--registry", f"{granary.base}/", "--userconfig", settings]
        cold, _ = _install(here / "cold", arguments)
        warm, _ = _install(here / "warm", arguments)
        return cold, warm, granary.peak_bytes()
    finally:
        granary.stop()


def _install(folder, arguments):
    """Seconds that `npm ci` takes with an empty cache, and how many packages it installed."""
    shutil.copytree(BENCH / "project", folder)
    begun = time.perf_counter()
    run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier",
         "--cache", folder / "cache", *arguments], cwd=folder)
    elapsed = time.perf_counter() - begun
    installed = json.loads((folder / "node_modules" / ".package-lock.json").read_text())["packages"]
    if len(installed) <= 300:
        raise Failure(f"npm ci installed only {len(installed)} packages")
    shutil.rmtree(folder)
    return elapsed, len(installed)
