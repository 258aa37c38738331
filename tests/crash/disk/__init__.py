"""Disks that fail on demand: the server runs with a library that lets the n-th change of its files fail, and every one after it if that is wanted."""
import mmap
import os
import pathlib
import struct
import subprocess

CONTROL = struct.Struct("=IIIII108s")  # As in fail.c.


class Disk:
    def __init__(self, directory):
        directory = pathlib.Path(directory)
        directory.mkdir(parents=True)
        self.library, control = directory / "fail.so", directory / "control"
        source = pathlib.Path(__file__).with_name("fail.c")
        subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O2", "-o", str(self.library), str(source), "-ldl"], check=True)
        control.write_bytes(bytes(CONTROL.size))
        self.path = control
        with open(control, "r+b") as file:
            self._control = mmap.mmap(file.fileno(), CONTROL.size)

    def begin(self, server):
        server.environment.update(LD_PRELOAD=str(self.library), FAULT_ROOT=str(server.data), FAULT_CONTROL=str(self.path))

    def arm(self, error, at, sticky):
        """The `at`-th change from now on fails with `error` (of errno), and all later ones if it is to be `sticky`."""
        self.disarm()
        self._control[4:] = CONTROL.pack(0, at, sticky, 0, 0, b"")[4:]
        # Last: with it the counting begins.
        self._control[:4] = struct.pack("=I", error)

    def disarm(self):
        self._control[:4] = bytes(4)

    @property
    def met(self):
        """How many calls have failed since it was armed."""
        return CONTROL.unpack(self._control[:])[4]

    @property
    def first(self):
        """The first that did, in words."""
        return CONTROL.unpack(self._control[:])[5].rstrip(b"\0").decode()

    def explains(self, answer):
        """Whether a failing disk may be the reason of an answer: it must be one that a client may retry."""
        return self.met > 0 and answer.status in (503, 507)
