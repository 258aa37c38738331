"""Power cuts: the server runs with a journal of what it does to its files, and after its death the directory is made anew without what no sync had made last."""
import os
import pathlib
import shutil
import subprocess

import model
from powerloss import image

# What is left of changes that were not synced, for names and for bytes apart: file systems write both in an order of their own.
NAMES = ("none", "all", "some")
BYTES = ("none", "all", "first", "some", "torn")


class PowerLoss:
    def __init__(self, directory, options):
        self.directory, self.eio = pathlib.Path(directory), options.eio
        self.directory.mkdir(parents=True)
        self.library = self.directory / "journal.so"
        self.journal, self.base = self.directory / "journal", self.directory / "base"
        source = pathlib.Path(__file__).with_name("journal.c")
        subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O2", "-o", str(self.library), str(source), "-ldl", "-lpthread"], check=True)
        self.last = None

    def begin(self, server):
        """The directory as it is now is what the disk holds."""
        for file in server.data.glob("*-shm"):
            file.unlink()
        shutil.rmtree(self.base, ignore_errors=True)
        self.start = image.Start(server.data, self.base)
        if self.journal.exists():
            self.journal.replace(self.journal.with_suffix(".last"))
        server.environment.update(LD_PRELOAD=str(self.library), CRASH_ROOT=str(server.data), CRASH_JOURNAL=str(self.journal), CRASH_EIO=str(round(1 / self.eio)) if self.eio else "0")

    def crash(self, server, random):
        """Makes of the dead server's directory what a power cut would have left of it."""
        history = image.History(self.start, self.journal)
        differing = history.differences(server.data)
        # A change whose record the kill prevented: one, and a rename has two names.
        if len(differing) > 2:
            raise model.Violation("journal", f"the journal does not tell of all that was done to {sorted(differing)[:5]}")
        names, content = random.choice(NAMES), random.choice(BYTES)
        self.last = f"names {names}, bytes {content}"
        made = server.data.with_name("image")
        history.write(made, names, content, random)
        shutil.rmtree(server.data)
        made.rename(server.data)
        self.begin(server)

    def explains(self, answer):
        """Whether a failed sync may be the reason of an answer."""
        return self.eio > 0 and answer.status in (503, 507)

    def keep(self, into):
        """What was lost last, and the journal that it follows from, beside the other evidence."""
        for file in self.directory.glob("journal*"):
            if file != self.library:
                shutil.copy(file, into)
        (into / "power.txt").write_text(f"{self.last}\n")
