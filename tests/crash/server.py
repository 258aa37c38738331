"""The published server as a process on a free port of loopback, which is killed and started again on one data directory."""
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import wire

NOWHERE = "http://127.0.0.1:1/"  # A port on which nobody listens: else the server asks npm and pip for their sources at every start.
READY_LIMIT = 60  # Seconds after which a start has failed.


class Server:
    def __init__(self, program, directory):
        self.program, self.directory = os.path.abspath(program), pathlib.Path(directory)
        self.data = self.directory / "data"
        self.log = self.directory / "server.log"
        self.environment = {}
        self.port = _free_port()
        self.process = None
        self.dying = False

    def start(self):
        """Starts the server and returns the seconds until it was ready."""
        begun = time.monotonic()
        environment = {**os.environ, "ExternalConnections__public__npmjs": NOWHERE, "ExternalConnections__public__pypi": NOWHERE, "DOTNET_TieredCompilation": "1", **self.environment}
        with open(self.log, "ab") as log:
            command = [self.program, "serve", "--data", str(self.data), "--urls", f"http://127.0.0.1:{self.port}"]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment, cwd=self.directory)
        self.dying = False
        while time.monotonic() - begun < READY_LIMIT:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with code {self.process.returncode}; see {self.log}")
            if self._is_ready():
                return time.monotonic() - begun
            time.sleep(0.02)
        raise RuntimeError(f"the server was not ready after {READY_LIMIT} s; see {self.log}")

    def kill(self):
        """SIGKILL. Whoever sees a connection end from now on may take it for the kill."""
        self.dying = True
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def stop(self):
        """Lets the server end in its own time, so that nothing of it is under way any more."""
        self.dying = True
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise RuntimeError("the server did not end within 60 s of SIGTERM") from None
        finally:
            self.process = None

    def wire(self, repository):
        values = dict(line.split("=", 1) for line in (self.data / "aws" / "credentials").read_text().splitlines() if "=" in line)
        values = {name.strip(): value.strip() for name, value in values.items()}
        return wire.Wire(self.port, (values["aws_access_key_id"], values["aws_secret_access_key"]), repository)

    def _is_ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False


def _free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
