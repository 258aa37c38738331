"""A clock on the wall that is set while the server looks at it."""
import mmap
import os
import pathlib
import struct
import subprocess

SHIFT = struct.Struct("=q")  # Seconds, as in shift.c.


class Clock:
    def __init__(self, directory):
        directory = pathlib.Path(directory)
        directory.mkdir(parents=True)
        self.library, self.path = directory / "shift.so", directory / "shift"
        source = pathlib.Path(__file__).with_name("shift.c")
        subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O2", "-o", str(self.library), str(source), "-ldl"], check=True)
        self.path.write_bytes(bytes(SHIFT.size))
        with open(self.path, "r+b") as file:
            self._control = mmap.mmap(file.fileno(), SHIFT.size)

    def begin(self, server):
        server.environment.update(LD_PRELOAD=str(self.library), CLOCK_CONTROL=str(self.path))

    def set(self, seconds):
        """The server's clock is wrong by so much from now on."""
        self._control[:] = SHIFT.pack(seconds)

    def explains(self, answer):
        """No wrong clock is a reason to fail."""
        return False
