"""A kept connection for prepared bytes: it costs little itself, so that what is measured is the server."""

import re
import socket

from .tools import Failure

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


def prepare(server, method, target, headers, body=b""):
    """The bytes of a request. The headers may name a host themselves."""
    fields = {"host": f"127.0.0.1:{server.port}", **headers}
    if body:
        fields["content-length"] = len(body)
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + body


class Line:
    def __init__(self, server):
        self.name = server.name
        self.connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.connection.close()

    def exchange(self, request):
        """The whole answer to a request: its head and its body, chunked as it may be."""
        self.connection.sendall(request)
        received = b""
        while not _is_whole(received):
            more = self.connection.recv(1 << 18)
            if not more:
                raise Failure(f"{self.name} closed the connection: {received[:500]!r}")
            received += more
        return received


def status(answer):
    return int(answer.split(b" ", 2)[1])


def _is_whole(received):
    head, end, body = received.partition(b"\r\n\r\n")
    if not end:
        return False
    if status(head) == 304:
        return True
    length = LENGTH.search(head + b"\r\n")
    # Without a length the answer is chunked (or empty), and its last chunk is the end.
    return len(body) >= int(length[1]) if length else body.endswith(b"0\r\n\r\n")
