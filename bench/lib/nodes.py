"""Granaries that share a database and an object store, and the one that shares nothing, each as one server under measurement."""

import shutil

from . import aws
from .granary import Granary
from .registry import Registry


class Node(Granary):
    """With a database of PostgreSQL and a bucket; another node's keys where there is one."""

    def __init__(self, directory, program, source, settings, database=None, first=None):
        super().__init__(directory, program, source, settings)
        self.database = database
        if first:
            shutil.copytree(first.data / "keys", self.data / "keys")
        # One address for all, so that all answer with the same bytes and tags.
        self.settings["PublicUrl"] = first.settings["PublicUrl"] if first else self.origin

    def command(self):
        return [*super().command(), *(["--database", self.database] if self.database else [])]


class Place(Registry):
    """A repository of a domain at one node, without a public source: what is published is looked up nowhere."""

    def __init__(self, node, domain, token):
        self.node, self.domain, self.token = node, domain, token
        self.name, self.port = node.name, node.port

    @property
    def base(self):
        return self.address("npm/").rstrip("/")

    def address(self, path):
        format, rest = path.split("/", 1)
        return f"{self.origin}/{format}/d/{self.domain}-123456789012/own/{rest}"


class Fleet:
    """Nodes that clients share evenly."""

    def __init__(self, name, nodes):
        self.name, self.nodes = name, nodes

    @property
    def first(self):
        return self.nodes[0]

    @property
    def token(self):
        return self.first.token

    def headers(self):
        return self.first.headers()

    def url(self, case):
        return self.first.url(case)

    def urls(self, case):
        path = self.first.url(case).removeprefix(self.first.origin)
        return [node.origin + path for node in self.nodes]

    def processor_seconds(self):
        return sum(node.processor_seconds() for node in self.nodes)

    def settle(self):
        for node in self.nodes:
            node.settle()

    def places(self, domains):
        """For each client its repository: clients take turns at the nodes, and at the domains."""
        return [Place(self.nodes[number % len(self.nodes)], domain, token) for number, (domain, token) in enumerate(domains)]

    def stop(self):
        for node in self.nodes:
            node.stop()


def create_domains(node, count):
    """Domains with a repository each, and a token for it."""
    client = aws.Client(node)
    return [create_domain(client, f"bench-{number}") for number in range(count)]


def create_domain(client, name):
    client.send("codeartifact", "POST", "/v1/domain", {"domain": name})
    client.send("codeartifact", "POST", "/v1/repository", {"domain": name, "repository": "own"})
    return name, aws.token(client, name)
