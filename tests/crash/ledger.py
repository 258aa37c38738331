"""What was asked of the server and what it answered, on the disk before the request goes out and outside the server's reach."""
import json
import os
import threading
import uuid


class Ledger:
    """A line for each INTENT and one for its end: ACK, REJECT or UNKNOWN. A line has been synced when the call returns."""

    def __init__(self, path):
        self._file = open(path, "ab", buffering=0)
        self._lock = threading.Lock()
        self._synced = threading.Condition()
        self._written = self._durable = 0
        self._syncing = False
        self.counts = {"INTENT": 0, "ACK": 0, "REJECT": 0, "UNKNOWN": 0}

    def intend(self, operation, coordinate, sha256=None):
        entry = str(uuid.uuid4())
        self._append({"is": "INTENT", "id": entry, "operation": operation, "of": coordinate, "sha256": sha256})
        return entry

    def settle(self, entry, outcome, detail=None):
        self._append({"is": outcome, "id": entry, "detail": detail})

    def close(self):
        self._file.close()

    def _append(self, line):
        with self._lock:
            self._file.write(json.dumps(line).encode() + b"\n")
            self.counts[line["is"]] += 1
            self._written += 1
            mine = self._written
        with self._synced:
            while self._durable < mine:
                if self._syncing:
                    self._synced.wait()
                    continue
                self._syncing = True
                self._synced.release()
                try:
                    with self._lock:
                        reached = self._written
                    os.fsync(self._file.fileno())
                finally:
                    self._synced.acquire()
                    self._syncing = False
                self._durable = max(self._durable, reached)
                self._synced.notify_all()
