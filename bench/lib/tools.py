"""What the benchmark needs on the machine, installed where it is missing."""

import hashlib
import os
import pathlib
import shutil
import subprocess

BENCH = pathlib.Path(__file__).resolve().parent.parent
ROOT = BENCH.parent
CACHE = ROOT / ".cache" / "bench"
POLICY = pathlib.Path("/usr/sbin/policy-rc.d")


class Failure(Exception):
    """The measurement cannot go on; the message says why and what to do."""


def run(command, cwd=None, env=None, seconds=900):
    """Output of a command of at least two words; a Failure with the end of what it said when it does not succeed."""
    words = [str(part) for part in command]
    try:
        done = subprocess.run(words, cwd=cwd, env=env, timeout=seconds,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
    except subprocess.TimeoutExpired:
        raise Failure(f"`{words[0]}` did not end within {seconds} s") from None
    except FileNotFoundError:
        raise Failure(f"Please install {words[0]}.") from None
    if done.returncode != 0:
        # The command's own words only: its arguments may hold a token.
        tail = (done.stdout + done.stderr).strip()[-2000:]
        raise Failure(f"`{words[0]} {words[1]}` failed with {done.returncode}:\n{tail}")
    return done.stdout


def ensure_debian_packages(commands):
    """Installs the packages of the commands that are missing, named alike; a daemon among them is not started."""
    missing = [name for name in commands if find(name) is None]
    if not missing:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Failure(f"Please install {' and '.join(missing)}; that takes root and apt-get here.")
    print(f"installing {' '.join(missing)}", flush=True)
    temporary = not POLICY.exists()
    if temporary:
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
    try:
        install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing]
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        try:
            run(install, env=env)
        except Failure:
            run(["apt-get", "update", "-q"])
            run(install, env=env)
    finally:
        if temporary:
            POLICY.unlink()


def find(command):
    """Path of a command, looked for where Debian puts daemons too."""
    return shutil.which(command, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def ensure_verdaccio():
    """The peer, installed once for each state of its lock file; answers with the script that node runs."""
    source, target = BENCH / "verdaccio", CACHE / "verdaccio"
    lock = (source / "package-lock.json").read_bytes()
    stamp, digest = target / "installed", hashlib.sha256(lock).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        print("installing verdaccio", flush=True)
        target.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(source / name, target / name)
        run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=target)
        stamp.write_text(digest)
    return target / "node_modules" / "verdaccio" / "bin" / "verdaccio"


def build_granary():
    """The server of this working tree, published as a user would; answers with the program."""
    print("building granary", flush=True)
    target = CACHE / "granary"
    run(["dotnet", "publish", ROOT / "src" / "Granary.Server", "-c", "Release", "-o", target,
         "-v", "q", "-nologo"], cwd=ROOT)
    return target / "granary"


def build_seed():
    """The program that fills a domain; it works on databases of this tree's server only, and says so."""
    print("building the seed", flush=True)
    project = BENCH / "Seed"
    run(["dotnet", "build", project, "-c", "Release", "-v", "q", "-nologo"], cwd=ROOT)
    return project / "bin" / "Release" / "net10.0" / "granary-seed"


def npm_source():
    """The registry that this machine's npm uses."""
    return run(["npm", "config", "get", "registry"]).strip().splitlines()[-1]
