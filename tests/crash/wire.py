"""Requests as the clients send them: one kept connection for each thread, bearer tokens for package managers, SigV4 for AWS's."""
import datetime
import hashlib
import hmac
import http.client
import json
import threading
import urllib.parse

ACCOUNT = "123456789012"
DOMAIN = "my-domain"
REGION = "us-east-1"
EMPTY = hashlib.sha256(b"").hexdigest()


class Lost(Exception):
    """The connection ended before the answer was whole: what became of the request, nobody knows."""


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def ok(self):
        return 200 <= self.status < 300

    @property
    def json(self):
        return json.loads(self.body)

    def __str__(self):
        return f"{self.status} {self.body[:300]!r}"


class Wire:
    """The server's two planes, used by many threads. Seconds of `timeout` are longer than any answer may take."""

    def __init__(self, port, credentials, repository, timeout=60):
        self.port, self.repository, self.timeout = port, repository, timeout
        self.key, self.secret = credentials
        self.token = None
        self.skew = datetime.timedelta()  # How wrong the clock is by which requests are signed.
        self._local = threading.local()

    def send(self, method, target, headers=None, body=None):
        connection = getattr(self._local, "connection", None)
        fresh = connection is None
        if fresh:
            connection = self._local.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        try:
            connection.request(method, target, body, headers or {})
            answer = connection.getresponse()
            length = answer.headers.get("Content-Length")
            content = answer.read()
            if method != "HEAD" and length is not None and len(content) != int(length):
                raise Lost(f"{len(content)} of {length} bytes came")
            return Answer(answer.status, answer.headers, content)
        except (OSError, http.client.HTTPException) as failure:
            self.drop()
            raise Lost(repr(failure)) from failure
        except Lost:
            self.drop()
            raise

    def drop(self):
        """Forgets this thread's connection, as a server that was started again has forgotten it."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def package_manager(self, method, format, path, body=None, content_type=None, more=None):
        headers = {"Authorization": f"Bearer {self.token}", **(more or {})}
        if content_type:
            headers["Content-Type"] = content_type
        return self.send(method, f"/{format}/d/{DOMAIN}-{ACCOUNT}/{self.repository}/{path}", headers, body)

    def aws(self, method, path, query, body=None, digest=None):
        """A signed call. `body` is bytes, or what is sent as JSON."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        pairs = sorted((_quote(name), _quote(str(value))) for name, value in query.items())
        text = "&".join(f"{name}={value}" for name, value in pairs)
        headers = self._sign(method, path, text, digest or hashlib.sha256(body or b"").hexdigest())
        if body is not None:
            headers["Content-Type"] = "application/json"
        return self.send(method, f"{path}?{text}" if text else path, headers, body)

    def json(self, service, operation, body):
        """A signed call of one of AWS's other services, in AWS JSON 1.1. `operation` is what X-Amz-Target says."""
        content = json.dumps(body).encode()
        headers = self._sign("POST", "/", "", hashlib.sha256(content).hexdigest(), service, {"x-amz-target": operation})
        return self.send("POST", "/", {**headers, "Content-Type": "application/x-amz-json-1.1"}, content)

    def of(self, package, **more):
        """The query parameters that name a package of the repository."""
        query = {"domain": DOMAIN, "repository": self.repository, "format": package.format, "package": package.name, **more}
        if package.namespace:
            query["namespace"] = package.namespace
        return query

    def authorize(self):
        answer = self.aws("POST", "/v1/authorization-token", {"domain": DOMAIN, "duration": 43200})
        if not answer.ok:
            raise RuntimeError(f"no token: {answer}")
        self.token = answer.json["authorizationToken"]

    def create_repository(self, name):
        answer = self.aws("POST", "/v1/repository", {"domain": DOMAIN, "repository": name}, {})
        if not answer.ok:
            raise RuntimeError(f"no repository: {answer}")

    def _sign(self, method, path, query, digest, service="codeartifact", more=None):
        now = (datetime.datetime.now(datetime.timezone.utc) + self.skew).strftime("%Y%m%dT%H%M%SZ")
        host = f"127.0.0.1:{self.port}"
        scope = f"{now[:8]}/{REGION}/{service}/aws4_request"
        signed = {"host": host, "x-amz-content-sha256": digest, "x-amz-date": now, **(more or {})}
        canonical = "\n".join([method, path, query, *(f"{name}:{value}" for name, value in signed.items()), "", ";".join(signed), digest])
        text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + self.secret).encode()
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        authorization = f"AWS4-HMAC-SHA256 Credential={self.key}/{scope}, SignedHeaders={';'.join(signed)}, Signature={signature}"
        return {**signed, "authorization": authorization}


def _quote(text):
    return urllib.parse.quote(text, safe="-_.~")
