"""Publishing by several clients at once: prepared bytes over kept connections, so that it costs little itself."""

import re
import socket
import threading
import time

from .content import Package, Release
from .tools import Failure

VERSIONS_EACH = 10
PACKED_BYTES = 10 * 1024
MANIFEST_BYTES = 2048  # what the manifest takes of the packed size, about
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


def prepare(label, clients, count):
    """A queue for each client, `count` releases of 10 KB in all: ten versions of one new package after another."""
    queues = [[] for _ in range(clients)]
    for number in range(max(clients, count // VERSIONS_EACH)):
        package = Package(f"bench-publish-{label}-{number}", f"{label}-{number}")
        queues[number % clients] += [Release(package, f"1.0.{version}", PACKED_BYTES - MANIFEST_BYTES)
                                     for version in range(VERSIONS_EACH)]
    return queues


def measure(registry, queues, seconds=float("inf")):
    """Publishes the queues, each by a client of its own, until one is empty or the time is over; answers with
    publishes per second, acknowledged ones only. Without a time, until all are empty."""
    requests = [[_request(registry, release) for release in queue] for queue in queues]
    clients = [_Client(registry, queue, seconds) for queue in requests]
    over = threading.Event()
    begun = time.perf_counter()
    threads = [threading.Thread(target=client.run, args=(begun, over)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - begun
    for client in clients:
        if client.failure:
            raise client.failure
    return sum(client.done for client in clients) / elapsed


class _Client:
    def __init__(self, registry, requests, seconds):
        self.registry, self.requests, self.seconds = registry, requests, seconds
        self.done = 0
        self.failure = None

    def run(self, begun, over):
        try:
            with socket.create_connection(("127.0.0.1", self.registry.port), timeout=60) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for request in self.requests:
                    if over.is_set() or time.perf_counter() - begun >= self.seconds:
                        return
                    connection.sendall(request)
                    _acknowledged(self.registry, connection)
                    self.done += 1
                if self.seconds != float("inf"):
                    over.set()
        except (OSError, Failure) as failure:
            self.failure = failure
            over.set()


def _request(registry, release):
    body = release.publish_document()
    path = registry.base.removeprefix(registry.origin)
    fields = {"Host": f"127.0.0.1:{registry.port}", **registry.publish_headers(),
              "Content-Type": "application/json", "Accept": "*/*", "Content-Length": len(body)}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"PUT {path}/{release.name} HTTP/1.1\r\n{head}\r\n".encode() + body


def _acknowledged(registry, connection):
    received = b""
    while not _is_whole(received):
        more = connection.recv(65536)
        if not more:
            raise Failure(f"{registry.name} closed the connection during a publish: {received[:500]!r}")
        received += more
    if not received.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
        raise Failure(f"{registry.name} refused a publish: {received[:1000]!r}")


def _is_whole(received):
    head, end, body = received.partition(b"\r\n\r\n")
    if not end:
        return False
    length = LENGTH.search(head + b"\r\n")
    # Without a length the answer is chunked (or empty), and its last chunk is the end.
    return len(body) >= int(length[1]) if length else body.endswith(b"0\r\n\r\n")
