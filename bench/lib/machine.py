"""What the figures were measured on, as far as it decides how to read them."""

import os
import pathlib
import platform
import statistics
import time

from .tools import ROOT, Failure, find, run


def describe(directory, verdaccio_script):
    """Lines to print above the tables."""
    model = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    load = os.getloadavg()[0]
    lines = [
        f"machine    {os.cpu_count()} cores ({model}), Linux {platform.release()}, "
        f"load average before the run {load:.1f}",
        f"disk       {_file_system(directory)} at {directory}, fsync of 4 KB takes {_fsync_seconds(directory) * 1e3:.2f} ms "
        "(median of 50)",
        f"versions   granary {_commit()}, .NET {_said('dotnet', '--version')}, {_nginx_version()}, "
        f"verdaccio {_verdaccio_version(verdaccio_script)}, node {_said('node', '--version')}, npm {_said('npm', '--version')}",
        "sharing    the load generator runs on the same cores as the server that it loads, for all alike:",
        "           what a dearer client would hide of a difference is hidden here too, so read the ratios, not the rates",
    ]
    if load > 0.5:
        lines.append("WARNING    the machine is busy with something else: these figures are not worth keeping")
    return lines


def _said(*command):
    return run(command).strip().splitlines()[-1]


def _nginx_version():
    # nginx says it on stderr.
    return run(["sh", "-c", f"{find('nginx')} -v 2>&1"]).strip().removeprefix("nginx version: ")


def _verdaccio_version(script):
    package = pathlib.Path(script).parent.parent / "package.json"
    return run(["node", "-p", f"require({str(package)!r}).version"]).strip()


def _commit():
    try:
        return run(["git", "-C", ROOT, "describe", "--always", "--dirty"]).strip()
    except Failure:
        return "of this tree"


def _file_system(directory):
    best = ("", "unknown file system")
    for line in pathlib.Path("/proc/mounts").read_text().splitlines():
        _, mount, kind, *_ = line.split()
        if pathlib.Path(directory).is_relative_to(mount) and len(mount) >= len(best[0]):
            best = (mount, kind)
    return best[1]


def _fsync_seconds(directory):
    path = pathlib.Path(directory) / "fsync"
    taken = []
    with open(path, "wb", buffering=0) as file:
        for _ in range(50):
            begun = time.perf_counter()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - begun)
    path.unlink()
    return statistics.median(taken)
