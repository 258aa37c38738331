"""Publishing by several clients at once: prepared bytes over kept connections, so that it costs little itself."""

import threading
import time

from .content import Package, Release
from .line import Line, prepare as prepare_request, status
from .tools import Failure

VERSIONS_EACH = 10
PACKED_BYTES = 10 * 1024
MANIFEST_BYTES = 2048  # what the manifest takes of the packed size, about


def prepare(label, clients, count):
    """A queue for each client, `count` releases of 10 KB in all: ten versions of one new package after another."""
    queues = [[] for _ in range(clients)]
    for number in range(max(clients, count // VERSIONS_EACH)):
        package = Package(f"bench-publish-{label}-{number}", f"{label}-{number}")
        queues[number % clients] += [Release(package, f"1.0.{version}", PACKED_BYTES - MANIFEST_BYTES)
                                     for version in range(VERSIONS_EACH)]
    return queues


def by_turns(registries, clients, rounds, seconds):
    """Publishes per second of each registry, by its name, a figure for each round."""
    queues = prepare("warm", clients, 400)
    # Warming also says how many documents a round can use up.
    fastest = max(measure(registry, queues, seconds) for registry in registries)
    rates = {registry.name: [] for registry in registries}
    for number in range(rounds):
        queues = prepare(f"round{number}", clients, int(2 * fastest * seconds))
        for registry in registries:
            rates[registry.name].append(measure(registry, queues, seconds))
            registry.settle()
    return rates


def measure(registry, queues, seconds=float("inf")):
    """Publishes the queues, each by a client of its own, until one is empty or the time is over; answers with
    publishes per second, acknowledged ones only. Without a time, until all are empty."""
    return send([registry] * len(queues), [[request(registry, release) for release in queue] for queue in queues], seconds)


def send(registries, queues, seconds=float("inf")):
    """The same of prepared requests of any kind; each client has its own registry."""
    clients = [_Client(registry, queue, seconds) for registry, queue in zip(registries, queues)]
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
            with Line(self.registry) as line:
                for request in self.requests:
                    if over.is_set() or time.perf_counter() - begun >= self.seconds:
                        return
                    demand_acknowledged(self.registry, line.exchange(request))
                    self.done += 1
                if self.seconds != float("inf"):
                    over.set()
        except (OSError, Failure) as failure:
            self.failure = failure
            over.set()


def request(registry, release):
    path = registry.base.removeprefix(registry.origin)
    fields = {**registry.publish_headers(), "Content-Type": "application/json", "Accept": "*/*"}
    return prepare_request(registry, "PUT", f"{path}/{release.name}", fields, release.publish_document())


def demand_acknowledged(registry, answer):
    if status(answer) not in (200, 201, 202):
        raise Failure(f"{registry.name} refused a publish: {answer[:1000]!r}")
