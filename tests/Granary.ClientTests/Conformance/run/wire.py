"""Requests made by the bindings of the model, without the checks that an SDK makes, over one kept connection."""
import datetime
import http.client
import json
import urllib.parse

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import model


def bind(operation, params):
    """Method, target, headers and body of a call. A member that the model does not know goes into the body."""
    shape = model.OPERATIONS[operation]
    known = model.members(model.input_of(operation))
    payload = model.SHAPES[model.input_of(operation)].get("payload")
    query, headers, body = [], {}, {}
    for name, value in params.items():
        member = known.get(name, {})
        wire = model.wire_name(name, member)
        if name == payload:
            continue
        if member.get("location") == "querystring":
            query.append((wire, _text(value)))
        elif member.get("location") == "header":
            headers[wire] = value
        else:
            body[wire] = value
    target = shape["http"]["requestUri"]
    if query:
        target += "?" + urllib.parse.urlencode(query, quote_via=urllib.parse.quote, safe="-_.~")
    if payload:
        return shape["http"]["method"], target, {"Content-Type": "application/octet-stream", **headers}, params.get(payload, b"")
    has_body = any("location" not in member for member in known.values())
    content = json.dumps(body).encode() if has_body else b""
    return shape["http"]["method"], target, {"Content-Type": "application/json", **headers} if has_body else headers, content


def _text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


class Answer:
    def __init__(self, status, headers, content):
        self.status, self.headers, self.content = status, headers, content

    @property
    def error(self):
        return self.headers.get("x-amzn-ErrorType")

    @property
    def json(self):
        try:
            return json.loads(self.content)
        except ValueError:
            return None

    def __str__(self):
        return f"{self.status} {self.error or ''} {self.content[:600].decode('utf-8', 'replace')}"


class Service:
    """One server. Sends requests as an SDK does, signed unless told otherwise, and keeps its connection."""

    def __init__(self, endpoint, region):
        self.endpoint = urllib.parse.urlsplit(endpoint)
        self.region = region
        self._connection = None
        self.sent = 0

    def call(self, operation, params, credentials):
        method, target, headers, body = bind(operation, params)
        return self.send(method, target, headers, body, credentials)

    def send(self, method, target, headers, body, credentials, service="codeartifact", when=None, change=None):
        """``when`` shifts the clock by seconds; ``change`` edits target, headers and body after they have been signed."""
        headers = {**headers, **self._sign(method, target, headers, body, credentials, service, when)}
        if change:
            target, headers, body = change(target, headers, body)
        return self.raw(method, target, headers, body)

    def raw(self, method, target, headers, body):
        self.sent += 1
        for attempt in (1, 2):
            if self._connection is None:
                self._connection = http.client.HTTPConnection(self.endpoint.hostname, self.endpoint.port, timeout=60)
            try:
                self._connection.request(method, target, body=body, headers=headers)
                reply = self._connection.getresponse()
                content = reply.read()
                if reply.will_close:
                    self._close()
                return Answer(reply.status, reply.headers, content)
            except (http.client.HTTPException, ConnectionError):
                # A server may close a connection that it has kept; it must not do so to a new one.
                self._close()
                if attempt == 2:
                    raise

    def _close(self):
        self._connection.close()
        self._connection = None

    def _sign(self, method, target, headers, body, credentials, service, when):
        if credentials is None:
            return {}
        url = f"{self.endpoint.scheme}://{self.endpoint.netloc}{target}"
        request = AWSRequest(method=method, url=url, data=body, headers=dict(headers))
        signer = SigV4Auth(Credentials(*credentials), service, self.region)
        if when is None:
            signer.add_auth(request)
        else:
            self._sign_at(signer, request, when)
        return {name: value for name, value in request.headers.items() if name.lower() != "content-length"}

    @staticmethod
    def _sign_at(signer, request, when):
        # As add_auth does, at another time than now.
        moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=when)
        request.context["timestamp"] = moment.strftime("%Y%m%dT%H%M%SZ")
        signer._modify_request_before_signing(request)
        canonical = signer.canonical_request(request)
        to_sign = signer.string_to_sign(request, canonical)
        signer._inject_signature_to_request(request, signer.signature(to_sign, request))
