"""Every operation called by nobody, by somebody unknown, with signatures that do not fit, and by somebody who may do nothing."""
import answers
import violations
import wire


def run(calls, templates, nobody):
    key, secret = calls.credentials[:2]
    cases = {
        "unsigned": (None, {}, "MissingAuthenticationTokenException"),
        "signed with another secret": ((key, secret[:-4] + "AAAA"), {}, "InvalidSignatureException"),
        "signed by an unknown key": (("AKIANOSUCHKEY0000000", secret), {}, "UnrecognizedClientException"),
        "signed with a token that belongs to no key": ((key, secret, "no-token"), {}, "UnrecognizedClientException"),
        "signed an hour ago": ((key, secret), {"when": -3600}, "InvalidSignatureException"),
        "signed for the next hour": ((key, secret), {"when": 3600}, "InvalidSignatureException"),
        "signed for another service": ((key, secret), {"service": "iam"}, "InvalidSignatureException"),
        "with a query that was not signed": ((key, secret), {"change": _more_query}, "InvalidSignatureException"),
        "with a body that was not signed": ((key, secret), {"change": _other_body}, "InvalidSignatureException"),
        "with half of an Authorization header": ((key, secret), {"change": _half_signed}, "IncompleteSignatureException"),
        "by a user without policies": (nobody, {}, "AccessDeniedException"),
    }
    for operation, template in templates.items():
        request = wire.bind(operation, violations.usual(template))
        for probe, (credentials, how, due) in cases.items():
            answer = calls.service.send(*request, credentials, **how)
            calls.report.probe(operation, "signatures", probe, template, answer, answers.refusal_problems(operation, answer, {due} | _also(operation, how)))


def _also(operation, how):
    # Its parameter for the digest of the content is at the same time what the signature covers: the content can be at fault with both.
    return {"ValidationException"} if operation == "PublishPackageVersion" and how.get("change") is _other_body else set()


def _more_query(target, headers, body):
    return target + ("&" if "?" in target else "?") + "more=1", headers, body


def _other_body(target, headers, body):
    return target, headers, body + b" "


def _half_signed(target, headers, body):
    name = next(n for n in headers if n.lower() == "authorization")
    return target, {**headers, name: headers[name].split(", SignedHeaders")[0]}, body
