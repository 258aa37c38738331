"""Is there an order of the operations, each at one instant between its call and its return, in which every answer is right?

Wing and Gong's search, with memory: two ways to the same state by the same operations are one. Histories are of one version each, in
two repositories between which it is copied. The search goes from one instant at which nothing is under way to the next, so that what
cannot be put in order is printed from the last such instant on, and without the reads that are not needed to see it.
"""
import dataclasses
import typing

FOREVER = float("inf")
PUBLISHED, ARCHIVED, DISPOSED = "Published", "Archived", "Disposed"
READABLE = (PUBLISHED, "Unlisted")
ABSENT = (None, None)  # What a repository that lacks the version holds, else its status and the digest of its bytes.
START = (ABSENT, ABSENT)
READS = ("get", "list")


@dataclasses.dataclass(frozen=True)
class Operation:
    """`call` and `back` are seconds of one monotonic clock; `back` is FOREVER where no answer came."""

    client: int
    call: float
    back: float
    kind: str
    where: int  # The repository, 0 or 1; of a copy the one that is written.
    argument: typing.Any
    answer: typing.Any

    def __str__(self):
        argument = "" if self.argument is None else self.argument
        return f"{self.call:.6f} – {self.back:.6f}  client {self.client}  {self.kind}({argument}) in {'AB'[self.where]} → {self.answer}"


class Rules:
    """What CodeArtifact's contract makes of an operation. `again`: the same bytes may be published again."""

    def __init__(self, again):
        self.again = again

    def step(self, state, operation):
        """The state after it, or None where its answer is wrong in this one."""
        here = state[operation.where]
        after, answer = getattr(self, "_" + operation.kind)(state, here, operation)
        if operation.answer is not None and answer != operation.answer:
            return None
        return (after, state[1]) if operation.where == 0 else (state[0], after)

    def _publish(self, state, here, operation):
        status, digest = here
        if status is None:
            return (PUBLISHED, operation.argument), "ok"
        same = self.again and digest == operation.argument and status in READABLE
        return here, "ok" if same else "conflict"

    def _get(self, state, here, operation):
        return here, here[1] if here[0] in READABLE else "absent"

    def _list(self, state, here, operation):
        return here, here[0] or "absent"

    def _status(self, state, here, operation):
        expected, target = operation.argument
        failure = _judge(here, expected)
        return (here, failure) if failure else ((target, here[1]), "ok")

    def _dispose(self, state, here, operation):
        return (here, "NOT_FOUND") if here[0] is None else ((DISPOSED, None), "ok")

    def _delete(self, state, here, operation):
        return ABSENT, "NOT_FOUND" if here[0] is None else "ok"

    def _copy(self, state, here, operation):
        there = state[1 - operation.where]
        failure = _judge(there, None)
        if failure:
            return here, failure
        if here[0] is None:
            return there, "ok"
        if here[0] == DISPOSED:
            return here, "NOT_ALLOWED"
        return (here, "ok") if here[1] == there[1] else (there, "ok") if operation.argument else (here, "ALREADY_EXISTS")


def _judge(version, expected):
    if version[0] is None:
        return "NOT_FOUND"
    if expected and expected != version[0]:
        return "MISMATCHED_STATUS"
    return "NOT_ALLOWED" if version[0] == DISPOSED else None


def check(operations, rules):
    """None where the history is linearizable, else (states, operations): from one of these states on, these have no right order."""
    states = {START}
    for part in _parts(sorted(operations, key=lambda o: o.call)):
        after = _ends(part, states, rules)
        if not after:
            return states, _shrink(part, states, rules)
        states = after
    return None


def _parts(operations):
    """Cuts where nothing is under way."""
    part, latest = [], -FOREVER
    for operation in operations:
        if part and operation.call > latest:
            yield part
            part = []
        part.append(operation)
        latest = max(latest, operation.back)
    if part:
        yield part


def _ends(operations, states, rules):
    """All states in which the operations can have ended; none, where they have no right order. One without an answer may not have happened."""
    due = sum(1 << i for i, o in enumerate(operations) if o.back != FOREVER)
    seen, open_, ends = set(), [(0, state) for state in states], set()
    while open_:
        done, state = open_.pop()
        if (done, state) in seen:
            continue
        seen.add((done, state))
        if done & due == due:
            ends.add(state)
        ways = []
        for i, operation in _next(operations, done):
            after = rules.step(state, operation)
            if after is not None and operation.answer not in ("ok", None):
                # Reads and refusals never change anything: where one is right now, it may as well have happened now, whatever comes after.
                ways = [(done | 1 << i, state)]
                break
            if after is not None:
                ways.append((done | 1 << i, after))
        open_ += ways
    return ends


def _next(operations, done):
    """Those that can be the next one: whoever was called after another had its answer comes after it."""
    first, i = FOREVER, (~done & (done + 1)).bit_length() - 1
    for i in range(i, len(operations)):
        operation = operations[i]
        if operation.call > first:
            return
        if not done >> i & 1:
            first = min(first, operation.back)
            yield i, operation


def _shrink(part, states, rules):
    """The shortest beginning that is wrong already, without the reads that it is wrong without. Both leave the proof whole."""
    cuts = sorted(o.back for o in part if o.back != FOREVER)
    low, high = 0, len(cuts) - 1
    while low < high:
        middle = (low + high) // 2
        if _ends(_until(part, cuts[middle]), states, rules):
            low = middle + 1
        else:
            high = middle
    shown = _until(part, cuts[high])
    for operation in [o for o in shown if o.kind in READS]:
        without = [o for o in shown if o is not operation]
        if not _ends(without, states, rules):
            shown = without
    return shown


def _until(part, cut):
    """The history as it was known at an instant: what was called by then, with the answers that had come."""
    return [o if o.back <= cut else dataclasses.replace(o, back=FOREVER, answer=None) for o in part if o.call <= cut]
