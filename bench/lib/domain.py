"""A domain that is asked one thing at a time over a kept connection, with requests signed in advance."""

import dataclasses
import hashlib
import itertools
import json
import random
import re
import time
import urllib.parse

from . import aws, exchange, line
from .content import Package, Release
from .publish import request as publish_request
from .tools import Failure

FAR, NEAR = "repo-9", "repo-0"
PAGE_SIZE = 3  # the 30,000 packages at the far end of a million versions make 10,000 pages
DEEP_PAGE = 9000
PAYLOAD_BYTES = 2048
ETAG = re.compile(rb"\r\netag: *([^\r]+)\r\n", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Name:
    namespace: str
    package: str

    @property
    def full(self):
        return f"@{self.namespace}/{self.package}" if self.namespace else self.package

    @property
    def query(self):
        return {"format": "npm", "package": self.package, **({"namespace": self.namespace} if self.namespace else {})}


class Domain:
    """What is asked for is drawn from all packages of the far end, where no cache is to be what is measured; with two domains of
    different size the draws differ, the work does not."""

    def __init__(self, name, server):
        self.name, self.server = name, server
        self.random = random.Random(1)
        self.numbers = itertools.count()
        self.client = aws.Client(server)
        self.line = None
        self.connect()
        self.far = self._names(FAR)
        self.near = self._names(NEAR, publish="ALLOW")[0]
        self.hot = self.random.choice(self.far)
        self.versions = [row["version"] for row in self._ask("POST", "/v1/package/versions", FAR, **self.hot.query)["versions"]]
        self.unlisted = set()
        self.token, self.token_of_format = self._walk(), self._walk(format="npm")
        self.tag = ETAG.search(self.line.exchange(self.packument()))[1].decode()
        self._prove()

    def connect(self):
        """Anew: a server lets go of a connection that lies idle while the other domain is prepared."""
        if self.line:
            self.line.close()
        self.line = line.Line(self.server)

    def time(self, request):
        """Milliseconds from the first byte sent to the last one received, and of the server's processor within them."""
        processor, begun = self.server.processor_clock(), time.perf_counter()
        answer = self.line.exchange(request)
        elapsed, processor = (time.perf_counter() - begun) * 1e3, (self.server.processor_clock() - processor) / 1e6
        if line.status(answer) not in (200, 201, 304):
            raise Failure(f"{self.name}: {request[:200]!r} was answered with {answer[:1000]!r}")
        return elapsed, processor

    def packument(self, package=None, **headers):
        path = self.server.base.removeprefix(self.server.origin)
        fields = {**self.server.headers(), "Accept": "application/json", "Accept-Encoding": "gzip", **headers}
        return line.prepare(self.server, "GET", f"{path}/{urllib.parse.quote((package or self.hot).full, safe='@')}", fields)

    def unchanged(self):
        return self.packument(**{"If-None-Match": self.tag})

    def after_change_elsewhere(self):
        self._change(self.random.choice([package for package in self.random.sample(self.far, 2) if package != self.hot]))
        return self.packument()

    def after_change(self):
        package = self.random.choice(self.far)
        self._change(package)
        return self.packument(package)

    def first_page(self):
        return self._page()

    def deep_page(self):
        return self._page(**{"next-token": self.token})

    def deep_page_of_format(self):
        return self._page(format="npm", **{"next-token": self.token_of_format})

    def describe(self):
        version = self.random.choice(self.versions)
        return self._signed("GET", "/v1/package/version", FAR, **self.random.choice(self.far).query, version=version)

    def publish_version(self):
        return self._publish(self.near.full, f"2.{next(self.numbers)}.0")

    def publish_package(self):
        return self._publish(f"bench-scale-{next(self.numbers)}", "1.0.0")

    def _publish(self, name, version):
        return publish_request(self.server, Release(Package(name, version), version, PAYLOAD_BYTES))

    def _change(self, package):
        """Hides a version, or shows it again."""
        status = "Published" if package in self.unlisted else "Unlisted"
        self.unlisted ^= {package}
        body = {"versions": [self.versions[0]], "targetStatus": status}
        self._ask("POST", "/v1/package/versions/update_status", FAR, body, **package.query)

    def _names(self, repository, **more):
        names, query = [], {"max-results": 1000, **more}
        while True:
            page = self._ask("POST", "/v1/packages", repository, **query)
            names += [Name(row.get("namespace", ""), row["package"]) for row in page["packages"]]
            if "nextToken" not in page:
                return names
            query["next-token"] = page["nextToken"]

    def _page(self, **query):
        return self._signed("POST", "/v1/packages", FAR, **{"max-results": PAGE_SIZE, **query})

    def _walk(self, **query):
        """The token of the deep page, or of the last one that is full."""
        for _ in range(min(DEEP_PAGE, len(self.far) // PAGE_SIZE) - 1):
            query["next-token"] = _json(self.line.exchange(self._page(**query)))["nextToken"]
        return query["next-token"]

    def _prove(self):
        """That what a listing names can be downloaded, and is what it says. From where it was published, so that nothing is kept by it."""
        address = f"{self.server.base}/{urllib.parse.quote(self.near.full, safe='@')}"
        listing = json.loads(exchange.send(address, self.server.headers()).body)
        dist = listing["versions"][self.versions[-1]]["dist"]
        if hashlib.sha1(exchange.send(dist["tarball"], self.server.headers()).body).hexdigest() != dist["shasum"]:
            raise Failure(f"{self.name}: {dist['tarball']} is not what its listing says")

    def _ask(self, method, path, repository, body=None, **query):
        answer = self.line.exchange(self._signed(method, path, repository, body, **query))
        if line.status(answer) != 200:
            raise Failure(f"{self.name}: {path} was answered with {answer[:1000]!r}")
        return _json(answer)

    def _signed(self, method, path, repository, body=None, **query):
        payload = json.dumps(body).encode() if body else b""
        parameters = {"domain": "my-domain", "repository": repository, **query}
        method, target, payload, headers = self.client.sign("codeartifact", method, path, parameters, payload, "application/json")
        return line.prepare(self.server, method, target, headers, payload)


def _json(answer):
    """The object in an answer, sent whole or in chunks."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" not in head.lower():
        return json.loads(body)
    whole = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        whole, body = whole + body[:int(size, 16)], body[int(size, 16) + 2:]
    return json.loads(whole)
