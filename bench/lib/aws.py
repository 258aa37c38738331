"""Signed requests to AWS's services, quicker than the AWS CLI starts: a thousand of them set a case up."""

import configparser
import datetime
import hashlib
import hmac
import http.client
import json
import urllib.parse

from .tools import Failure


class Client:
    """Signs with the default profile of a Granary's data directory, or with a key that is given; keeps its connection."""

    def __init__(self, granary, key=None):
        self.region, self.host = "us-east-1", f"127.0.0.1:{granary.port}"
        if key is None:
            profile = configparser.ConfigParser()
            profile.read(granary.data / "aws" / "credentials")
            key = (profile["default"]["aws_access_key_id"], profile["default"]["aws_secret_access_key"])
        self.key_id, self.secret = key
        self.connection = http.client.HTTPConnection(self.host, timeout=60)

    def iam(self, action, **parameters):
        """The XML of an action of IAM."""
        form = urllib.parse.urlencode({"Action": action, "Version": "2010-05-08", **parameters})
        return self.send("iam", "POST", "/", {}, form.encode(), "application/x-www-form-urlencoded; charset=utf-8")

    def events(self, operation, body):
        """An operation of EventBridge."""
        answer = self.send("events", "POST", "/", {}, json.dumps(body).encode(), "application/x-amz-json-1.1", f"AWSEvents.{operation}")
        return json.loads(answer or "{}")

    def send(self, service, method, path, query, body=b"", content_type="application/json", target=None):
        request = self.sign(service, method, path, query, body, content_type, target)
        self.connection.request(*request)
        response = self.connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise Failure(f"{service} {path} answered {response.status}: {answer[:500]!r}")
        return answer.decode()

    def sign(self, service, method, path, query, body, content_type, target=None):
        """Method, target, body and headers. https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html"""
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        scope = f"{now[:8]}/{self.region}/{service}/aws4_request"
        text = urllib.parse.urlencode(sorted(query.items()), quote_via=urllib.parse.quote)
        headers = {"content-type": content_type, "host": self.host, "x-amz-date": now, **({"x-amz-target": target} if target else {})}
        names = ";".join(headers)
        canonical = "\n".join([method, path, text, *(f"{name}:{value}" for name, value in headers.items()), "", names,
                               hashlib.sha256(body).hexdigest()])
        signed = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + self.secret).encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.digest(key, signed.encode(), "sha256").hex()
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.key_id}/{scope}, SignedHeaders={names}, Signature={signature}")
        return method, f"{path}?{text}" if text else path, body, headers


def token(client, domain="my-domain"):
    answer = client.send("codeartifact", "POST", "/v1/authorization-token", {"domain": domain})
    return json.loads(answer)["authorizationToken"]
