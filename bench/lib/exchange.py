"""One request and its whole answer, byte for byte: nothing is unpacked or followed."""

import dataclasses
import http.client
import urllib.parse

from .tools import Failure


@dataclasses.dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


def send(url, headers=None, method="GET", body=None, expect=(200,)):
    """The answer; a Failure when its status is not one of those expected."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=120)
    try:
        # http.client adds "Accept-Encoding: identity" itself where none is given.
        connection.request(method, parts.path, body=body, headers=headers or {})
        response = connection.getresponse()
        answer = Answer(response.status, response.headers, response.read())
    finally:
        connection.close()
    if answer.status not in expect:
        raise Failure(f"{method} {url} answered {answer.status}: {answer.body[:500]!r}")
    return answer
