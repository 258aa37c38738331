"""Does the harness find what it is for? Each patch of bugs/ is planted in a copy of the tree, and the harness runs on it until it finds it.

A patch begins with lines that say what it does: `Bug:` in words, `Found-by:` the checks of which one must find it, and `Run:` options of
tests/crash/run, among them the deaths after which it counts as missed.
"""
import contextlib
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

import run_epochs

BUGS = pathlib.Path(__file__).with_name("bugs")
CHANGED = ("Granary.Core", "Granary.Formats")  # Assemblies that a patch may change, the lower one first.


def run(options, parse):
    """Prints a line for each bug. Exit code 0: all of them were found, by the checks that must find them."""
    patches = sorted(BUGS.glob("*.patch"))
    if options.bugs:
        patches = [patch for patch in patches if any(name in patch.stem for name in options.bugs)]
    missed = 0
    with contextlib.ExitStack() as ended:
        scratch = pathlib.Path(options.workshop or ended.enter_context(tempfile.TemporaryDirectory(prefix="granary-bugs-", dir=options.scratch)))
        tree, sound = scratch / "tree", scratch / "sound"
        _prepare(options.source, tree, sound)
        for patch in patches:
            facts = _facts(patch)
            server = scratch / "server"
            _plant(tree, patch, sound, server)
            begun = time.monotonic()
            arguments = [*facts["Run"].split(), "--slack", str(options.slack), "--seconds", str(min(options.seconds, 600))]
            if options.seed is not None:
                arguments += ["--seed", str(options.seed)]
            total = run_epochs.run(parse(["--server", str(server / "granary"), "--evidence", str(pathlib.Path(options.evidence) / patch.stem), *arguments]))
            found = [one for one in total.found if one.check.startswith(tuple(facts["Found-by"].split(", ")))]
            missed += not found
            what = f"found by [{found[0].check}]" if found else "MISSED" if not total.found else f"MISSED: {total.found[0]}"
            deaths = sum(total.done.values())
            print(f"{patch.stem:34} {what:40} after {deaths:3} {'power losses' if total.done['power losses'] else 'kills'}, {time.monotonic() - begun:4.0f} s   {facts['Bug']}", flush=True)
            if found:
                print(f"{'':34} {str(found[0])[:300]}", flush=True)
    print(f"{len(patches) - missed} of {len(patches)} bugs found")
    return 1 if missed else 0


def _prepare(source, tree, sound):
    """The tree without bugs, published; once for all runs in one workshop, until the sources change."""
    if tree.exists() and _sources(tree) == _sources(source) and (sound / "granary").exists():
        return
    for old in (tree, sound):
        shutil.rmtree(old, ignore_errors=True)
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", source, tree], check=True)
    print("publishing the tree without bugs", flush=True)
    _dotnet(tree, "publish", "src/Granary.Server", "-c", "Release", "-o", str(sound))


def _sources(tree):
    return subprocess.run(["git", "rev-parse", "HEAD:src"], cwd=tree, check=True, capture_output=True, text=True).stdout


def _plant(tree, patch, sound, server):
    """The published server with the assemblies that the patch changes built anew."""
    subprocess.run(["git", "checkout", "-q", "--", "."], cwd=tree, check=True)
    subprocess.run(["git", "apply", patch], cwd=tree, check=True)
    changed = [name for name in CHANGED if f"src/{name}/" in patch.read_text()]
    _dotnet(tree, "build", f"src/{changed[-1]}", "-c", "Release", "--no-restore", "-clp:NoSummary")
    shutil.rmtree(server, ignore_errors=True)
    shutil.copytree(sound, server)
    for name in changed:
        shutil.copy(tree / "src" / name / "bin" / "Release" / "net10.0" / f"{name}.dll", server)


def _dotnet(tree, *arguments):
    # A bug may well be one that an analyzer would have stopped.
    done = subprocess.run(
        ["dotnet", *arguments, "-v", "q", "-nologo", "-p:TreatWarningsAsErrors=false", "-p:RunAnalyzers=false"], cwd=tree, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"dotnet {' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}")


def _facts(patch):
    return dict(re.findall(r"^(Bug|Found-by|Run): (.*)$", patch.read_text(), re.MULTILINE))
