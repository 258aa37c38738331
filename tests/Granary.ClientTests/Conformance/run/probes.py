"""Calls that must be refused: what the model forbids, what does not exist, and page tokens that were not given."""
import itertools
import json

import answers
import exceptions
import model
import pages
import violations
import wire
from templates import ALTERNATIVES
from world import D, OWNER, R

INVALID = {"ValidationException"}
MISSING = {"ResourceNotFoundException"}
ELSEWHERE = {"ResourceNotFoundException", "AccessDeniedException"}

# A value of each identifying member that nothing has, and what may be said of it.
UNKNOWN = {
    "domain": ("no-such-domain", MISSING),
    "domainOwner": ("999999999999", ELSEWHERE),
    "repository": ("no-such-repository", MISSING),
    "sourceRepository": ("no-such-repository", MISSING),
    "destinationRepository": ("no-such-repository", MISSING),
    "format": ("maven", MISSING | INVALID),
    "namespace": ("no-such-namespace", MISSING),
    "package": ("no-such-package", MISSING),
    "packageVersion": ("99.9.9", MISSING),
    "asset": ("no-such-asset", MISSING),
    "packageGroup": ("/npm/no-such-namespace/*", MISSING),
    "externalConnection": ("public:no-such-connection", MISSING | INVALID),
    "policyRevision": ("no-such-revision", {"ConflictException"}),
    "packageVersionRevision": ("no-such-revision", MISSING | {"ConflictException"}),
}
# Not in the template because only some calls can have it.
FREE_OF_REVISION = {"GetPackageVersionAsset": ("packageVersionRevision",), "UpdatePackageVersionsStatus": ("versionRevisions",), "DisposePackageVersions": ("versionRevisions",)}
# Last those that make what is unknown, the widest at the very end, so that it is not known to the others.
LATE = {"PutPackageOriginConfiguration": 1, "PublishPackageVersion": 1, "CreatePackageGroup": 2, "CreateRepository": 3, "CreateDomain": 4}
BROKEN_BODIES = {
    "no JSON": b"{", "a list": b"[]", "a text": b'"text"', "a member twice": b'{"a":1,"a":2}', "too deep": b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}",
    "not UTF-8": b'{"a":"\xff"}', "something after it": b"{} {}",
}


def violated(calls, templates):
    for operation, template in templates.items():
        spoilt = itertools.chain.from_iterable(violations.of(operation, t) for t in (template, ALTERNATIVES.get(operation)) if t)
        for probe, kind, member, params in spoilt:
            answer = calls.service.call(operation, params, calls.credentials)
            problems = answers.refusal_problems(operation, answer, _due(operation, params, template))
            calls.report.probe(operation, "probes", probe, params, answer, problems or _silence(operation, kind, member, answer))
        method, target, headers, body = wire.bind(operation, template)
        if headers.get("Content-Type") == "application/json":
            for probe, broken in BROKEN_BODIES.items():
                _raw(calls, operation, f"a body that is {probe}", method, target, headers, broken)
        if "?" in target:
            _raw(calls, operation, "a parameter twice", method, target + "&" + target.split("?")[1].split("&")[0], headers, body)
        _raw(calls, operation, "another method", "PATCH", target, headers, body)
        _raw(calls, operation, "a path that goes on", method, target.replace("?", "/more?") if "?" in target else target + "/more", headers, body)


def _silence(operation, kind, member, answer):
    """A person has to learn which parameter it was. What cannot be read at all has no parameters."""
    reasons = {"FIELD_VALIDATION_FAILED", "CANNOT_PARSE"} if kind == "type" else {"FIELD_VALIDATION_FAILED"}
    if answer.error != "ValidationException":
        return []
    wire = model.wire_name(member, model.members(model.input_of(operation))[member])
    wrong = [] if answer.json["reason"] in reasons else [f"reason {answer.json['reason']} for a parameter outside its shape"]
    return wrong if wire in answer.json["message"] else wrong + [f"the message does not name {wire}"]


def _due(operation, params, template):
    # That header is also what the signature covers: without it, or with another value, it is the signature that is refused.
    if operation == "PublishPackageVersion" and params.get("assetSHA256") != template["assetSHA256"]:
        return INVALID | {"InvalidSignatureException"}
    return INVALID


def bounded(calls, templates):
    for operation, template in templates.items():
        for probe, params in violations.boundaries(operation, template):
            answer = calls.service.call(operation, params, calls.credentials)
            message = (answer.json or {}).get("message", "") if answer.status != 200 else ""
            problems = [] if answer.status == 200 else answers.refusal_problems(operation, answer)
            if "must have length" in message or "must have value" in message:
                problems.append("refused for a bound that it keeps")
            calls.report.probe(operation, "probes", probe, params, answer, problems)


def unknown(calls, templates):
    for operation, template in sorted(templates.items(), key=lambda item: LATE.get(item[0], 0)):
        without = {k: v for k, v in violations.usual(template).items() if k not in FREE_OF_REVISION.get(operation, ())}
        if "policyDocument" in template:
            # Where the resource is unknown it is that which has to be said, and no revision stands in its way.
            without.pop("policyRevision")
        for member, (value, due) in UNKNOWN.items():
            if member not in template:
                continue
            params = {**without, member: value}
            answer = calls.service.call(operation, params, calls.credentials)
            if answer.status == 200 and exceptions.is_accepted(operation, member):
                problems = []
            else:
                problems = answers.refusal_problems(operation, answer, due)
            calls.report.probe(operation, "unknown", f"an unknown {member}", params, answer, problems)
        if "resourceArn" in template:
            _arns(calls, operation, template)
        if "versions" in template:
            _versions(calls, operation, without)


def _arns(calls, operation, template):
    start = f"arn:aws:codeartifact:{calls.service.region}:{OWNER}:"
    for text, due in {
        start + "domain/no-such-domain": MISSING, start + f"repository/{D['domain']}/no-such-repository": MISSING,
        start + f"package-group/{D['domain']}/npm/none/%2a": MISSING, start + f"package/{D['domain']}/shop/npm//left": INVALID,
        start.replace(OWNER, "999999999999") + f"domain/{D['domain']}": ELSEWHERE, "arn:aws:s3:::bucket": INVALID, "text": INVALID,
    }.items():
        _probe(calls, operation, f"the ARN {text}", {**template, "resourceArn": text}, due, "unknown")


def _versions(calls, operation, template):
    """A version that is not there is no error of the call: it is told of by itself."""
    params = {**template, "versions": ["99.9.9"]}
    answer = calls.service.call(operation, params, calls.credentials)
    code = ((answer.json or {}).get("failedVersions", {}).get("99.9.9") or {}).get("errorCode")
    calls.report.probe(operation, "unknown", "an unknown version", params, answer, [] if (answer.status, code) == (200, "NOT_FOUND") else [f"{code} where NOT_FOUND was due"])


def tokens(calls):
    """Page tokens that are made up, edited, cut, of another operation and of other parameters."""
    own_size = "ListPackageVersionDependencies"
    first = {o: params if o == own_size else {**params, "maxResults": 1} for o, params in pages.listings().items() if pages.has_several(o)}
    given = {operation: calls.ok(operation, params).get("nextToken") for operation, params in first.items()}
    for operation, params in first.items():
        token = given[operation]
        if not token:
            calls.report.fail(operation, "pages", "its first page", params, None, ["no nextToken"])
            continue
        other = next(t for name, t in given.items() if name != operation and t)
        middle = len(token) // 2
        bad = {
            "made up": "AAAA", "not base64": "p***", "edited": token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1:],
            "cut": token[:-4], "longer": token + "AAAA", "of another operation": other,
        }
        for probe, text in bad.items():
            _probe(calls, operation, f"a page token that is {probe}", {**params, "nextToken": text}, INVALID, "pages")
        if "repository" in params:
            _probe(calls, operation, "a page token of other parameters", {**params, "repository": "store", "nextToken": token}, INVALID, "pages")


def _raw(calls, operation, probe, method, target, headers, body):
    answer = calls.service.send(method, target, headers, body, calls.credentials)
    calls.report.probe(operation, "probes", probe, {"method": method, "target": target, "body": body[:40]}, answer, answers.refusal_problems(operation, answer, INVALID))


def _probe(calls, operation, probe, params, due, topic="probes"):
    answer = calls.service.call(operation, params, calls.credentials)
    calls.report.probe(operation, topic, probe, params, answer, answers.refusal_problems(operation, answer, due))


def fingerprint(calls):
    """What the world holds, so that it can be seen that nothing refused has changed it."""
    asked = [("DescribeDomain", D), ("ListRepositoriesInDomain", D), ("ListPackages", R), ("ListPackageGroups", D), ("GetDomainPermissionsPolicy", D),
             ("GetRepositoryPermissionsPolicy", {**D, "repository": "shop"}), ("DescribeRepository", {**D, "repository": "spare"}),
             ("ListPackageVersions", {**R, "format": "npm", "namespace": "acme", "package": "left"})]
    return json.dumps([calls.ok(operation, params) for operation, params in asked], sort_keys=True)
