"""What access costs: reads with a thousand policies attached beside reads with one, and how long a token takes."""

import dataclasses
import json
import re
import statistics
import time

from . import aws, reads
from .reads import CASES

POLICIES = 1000
TOKENS = 500
CASE = next(case for case in CASES if case.conditional)


@dataclasses.dataclass
class User:
    """Takes the place of the server in a read: the same one, asked with another's token."""

    server: object
    name: str
    token: str

    def headers(self):
        return {"Authorization": f"Bearer {self.token}"}

    def url(self, case):
        return self.server.url(case)

    def processor_seconds(self):
        return self.server.processor_seconds()

    def settle(self):
        self.server.settle()


def prepare(granary):
    """One user with one policy, one with a thousand, of which the last one lets them read."""
    administrator = aws.Client(granary)
    return [_user(granary, administrator, "one policy", 1), _user(granary, administrator, f"{POLICIES} policies", POLICIES)]


def measure(granary, rounds, seconds):
    """Results of the quickest answer there is, for which a decision weighs most; and milliseconds of each token."""
    users = prepare(granary)
    result = reads.measure(users, [CASE], rounds, seconds)[0]
    return result, _tokens(granary)


def _user(granary, administrator, name, count):
    user = f"bench-{count}"
    administrator.iam("CreateUser", UserName=user)
    for number in range(count):
        last = number == count - 1
        resource = "repository/my-domain/my-repo" if last else f"repository/my-domain/other-{number}"
        document = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["codeartifact:ReadFromRepository", "codeartifact:GetRepositoryEndpoint"],
             "Resource": f"arn:aws:codeartifact:us-east-1:123456789012:{resource}"},
            {"Effect": "Allow", "Action": ["codeartifact:GetAuthorizationToken", "sts:GetServiceBearerToken"] if last
             else ["codeartifact:ListPackages"], "Resource": "*"}]}
        answer = administrator.iam("CreatePolicy", PolicyName=f"bench-{count}-{number}", PolicyDocument=json.dumps(document))
        arn = re.search("<Arn>(.*?)</Arn>", answer).group(1)
        administrator.iam("AttachUserPolicy", UserName=user, PolicyArn=arn)
    answer = administrator.iam("CreateAccessKey", UserName=user)
    key = [re.search(f"<{member}>(.*?)</{member}>", answer).group(1) for member in ("AccessKeyId", "SecretAccessKey")]
    return User(granary, name, aws.token(aws.Client(granary, key)))


def _tokens(granary):
    """Server time: from the last byte sent to the whole answer, over a kept connection, and its processor time beside it."""
    client = aws.Client(granary)
    for _ in range(50):
        aws.token(client)
    before, milliseconds = granary.processor_seconds(), []
    for _ in range(TOKENS):
        request = client.sign("codeartifact", "POST", "/v1/authorization-token", {"domain": "my-domain"}, b"", "application/json")
        begun = time.perf_counter()
        client.connection.request(*request)
        client.connection.getresponse().read()
        milliseconds.append((time.perf_counter() - begun) * 1e3)
    processor = (granary.processor_seconds() - before) / TOKENS * 1e3
    return {"median": statistics.median(milliseconds), "p99": sorted(milliseconds)[int(TOKENS * 0.99)], "processor": processor}
