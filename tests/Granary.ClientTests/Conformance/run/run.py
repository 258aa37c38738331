"""
The conformance run. Reads one JSON object from standard input: the endpoint, the region, an access key and its secret, the
name of a package that the public source has, and the operations that AWS's JavaScript SDK has. Writes one JSON object to
standard output: a row for each operation.

Where botocore's model lacks operations that the SDK has, it is old: what it does not know it cannot judge. Members and values
that it lacks are then no faults, nothing is said of coverage, and the operations that it lacks rest on the SDK's own run.
"""
import json
import sys

import exceptions
import model
import pages
import probes
import signatures
import valid
from report import Report
from templates import templates
from wire import Service
from world import user_without_policies


def main():
    job = json.load(sys.stdin)
    service = Service(job["endpoint"], job["region"])
    credentials = (job["key"], job["secret"])
    missing = sorted(set(job["commands"]) - set(model.OPERATIONS))
    model.complete = not missing
    every = templates(job["region"])
    absent = not_there(service, credentials, every)
    report = Report()
    calls = valid.Calls(service, credentials, report)
    valid.build(calls, job["public"])
    rows = pages.run(calls)
    probes.tokens(calls)
    every = {operation: every[operation] for operation in model.OPERATIONS}
    before = probes.fingerprint(calls)
    probes.violated(calls, every)
    signatures.run(calls, every, user_without_policies(service, calls.credentials))
    unchanged = probes.fingerprint(calls) == before
    probes.unknown(calls, every)
    probes.bounded(calls, every)
    valid.finish(calls)
    if model.complete:
        judge(report)
    json.dump({
        "botocore": model.VERSION, "model": model.DIGEST, "notInModel": missing, "notThereYet": absent, "requests": service.sent, "worldUnchangedByRefusals": unchanged,
        "paginators": rows, "operations": report.finished(), "unusedExceptions": exceptions.unused() if model.complete else [],
    }, sys.stdout)


def not_there(service, credentials, every):
    """Takes out of the model what the server is known not to have, after asking whether that is still so."""
    for operation in exceptions.NOT_THERE_YET:
        if operation in model.OPERATIONS:
            answer = service.call(operation, every[operation], credentials)
            if (answer.json or {}).get("reason") != "UNKNOWN_OPERATION":
                raise AssertionError(f"{operation} is there now: take it from NOT_THERE_YET. It answered {answer}")
            del model.OPERATIONS[operation]
    return exceptions.NOT_THERE_YET


def judge(report):
    """What the calls together leave out: inputs never used, members never seen, no call with the required parameters alone."""
    for operation, row in report.rows.items():
        def owed(member):
            return member != "nextToken" or pages.has_several(operation)

        unused = [m for m in model.members(model.input_of(operation)) if m not in row["inputMembers"] and owed(m) and not exceptions.is_unusable(operation, m)]
        unseen = [m for m in model.output_members(operation) if m not in row["outputMembers"] and owed(m) and not exceptions.is_never_seen(operation, m)]
        if unused:
            report.fail(operation, "coverage", "its parameters", None, None, [f"{m} is used in no valid call" for m in unused])
        if unseen:
            report.fail(operation, "coverage", "the members of its answers", None, None, [f"{m} is in no answer" for m in unseen])
        if not row["minimal"] and not exceptions.is_never_minimal(operation):
            report.fail(operation, "coverage", "its required parameters", None, None, ["no valid call has these alone"])


main()
