"""A server under measurement: a process tree with an address, a memory peak and processor time."""

import http.client
import os
import pathlib
import signal
import socket
import subprocess
import time

from .tools import Failure

TICK = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """Subclasses say how it is started and where things are; `directory` holds all that it stores."""

    name = ""
    ready_path = "/"

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.process = None

    def command(self):
        raise NotImplementedError

    def environment(self):
        return dict(os.environ)

    @property
    def origin(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self):
        return self.directory / "output.log"

    def start(self, patience=60):
        """Starts it; answers with the seconds from the start of the process to its first 200."""
        with open(self.log, "ab") as log:
            begun = time.perf_counter()
            self.process = subprocess.Popen(
                [str(part) for part in self.command()], env=self.environment(), cwd=self.directory,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        while time.perf_counter() - begun < patience:
            if self._is_ready():
                return time.perf_counter() - begun
            if self.process.poll() is not None:
                raise Failure(f"{self.name} ended with {self.process.returncode}:\n{self._tail()}")
            time.sleep(0.002)
        self.stop()
        raise Failure(f"{self.name} was not ready within {patience} s:\n{self._tail()}")

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None

    def pids(self):
        """The process and its descendants."""
        found = [self.process.pid]
        for pid in found:
            for children in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
                found += [int(child) for child in children.read_text().split()]
        return found

    def processor_seconds(self):
        """User and system time of the process tree until now."""
        total = 0
        for pid in self.pids():
            # The second field, the name in parentheses, may hold spaces: count from behind it.
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICK

    def processor_clock(self):
        """The same of the first process alone, to the nanosecond and for the price of one system call: for what takes less than a tick."""
        # The clock of another process has its number in its own; see clock_getcpuclockid(3).
        return time.clock_gettime_ns((~self.process.pid << 3) | 2)

    def peak_bytes(self):
        """Sum of the processes' largest resident sizes (VmHWM)."""
        total = 0
        for pid in self.pids():
            for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    total += int(line.split()[1]) * 1024
        return total

    def settle(self, patience=20):
        """Waits until it has stopped working on what clients no longer wait for, so that the next round is not charged."""
        deadline = time.monotonic() + patience
        before = self.processor_seconds()
        while time.monotonic() < deadline:
            time.sleep(0.1)
            now = self.processor_seconds()
            if now - before <= 0.01:
                return
            before = now

    def _is_ready(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", self.ready_path)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _tail(self):
        return self.log.read_text(errors="replace")[-2000:]
