"""What goes over a wire, counted in passing: statements on their way to PostgreSQL, requests on their way to an object store."""

import collections
import re
import socket
import struct
import threading

from .server import free_port

STARTUP = 196608  # protocol 3.0; every other number asks for encryption or cancels, and another message without a type follows
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


class Wire:
    """Hands on everything that is sent to a port of this machine, and counts it. It is slow: not for rates."""

    def __init__(self, target, reader):
        self.port = free_port()
        self.target, self.reader = target, reader
        self.counts = collections.Counter()
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=100)
        threading.Thread(target=self._accept, daemon=True).start()

    def snapshot(self):
        with self.lock:
            return collections.Counter(self.counts)

    def close(self):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._pump, args=(client, server, "sent", self.reader()), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, "received", None), daemon=True).start()

    def _pump(self, source, sink, direction, reader):
        try:
            while data := source.recv(1 << 16):
                found = reader.read(data) if reader else ()
                # Before it is handed on: whoever sees the answer finds it counted.
                with self.lock:
                    self.counts[direction] += len(data)
                    self.counts.update(found)
                sink.sendall(data)
        except OSError:
            pass
        finally:
            for end in (source, sink):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass


class Statements:
    """Reads what a client of PostgreSQL sends. https://www.postgresql.org/docs/15/protocol-message-formats.html"""

    def __init__(self):
        self.buffer, self.is_started = b"", False

    def read(self, data):
        self.buffer += data
        found, asked = [], False
        while True:
            head = 5 if self.is_started else 4
            if len(self.buffer) < head:
                break
            kind = self.buffer[:1] if self.is_started else b""
            [length] = struct.unpack_from("!i", self.buffer, head - 4)
            whole = length + head - 4
            if len(self.buffer) < whole:
                break
            if not self.is_started:
                [number] = struct.unpack_from("!i", self.buffer, 4)
                self.is_started = number == STARTUP
            if kind in (b"E", b"Q"):
                found.append("statements")
            # Sync, or a simple query: an answer is waited for, though not for each of those that are sent together.
            asked = asked or kind in (b"S", b"Q")
            self.buffer = self.buffer[whole:]
        return [*found, *(["round trips"] if asked else [])]


class Requests:
    """Reads what a client of HTTP/1.1 sends: heads, and bodies of a known length."""

    def __init__(self):
        self.buffer, self.rest = b"", 0

    def read(self, data):
        found = []
        self.buffer += data
        while self.buffer:
            if self.rest:
                skipped = min(self.rest, len(self.buffer))
                self.buffer, self.rest = self.buffer[skipped:], self.rest - skipped
                continue
            head, end, body = self.buffer.partition(b"\r\n\r\n")
            if not end:
                break
            length = LENGTH.search(head + b"\r\n")
            self.rest = int(length[1]) if length else 0
            found += ["requests", head.split(b" ", 1)[0].decode()]
            self.buffer = body
        return found
