"""What the server may hold of each version, by the answers that it gave.

A version is a `State`, or None where there is none. Of an operation whose answer was lost nobody knows whether it happened, so that a
version has a set of possible states; each answer and each look at the server makes it smaller, and an empty set is a violation.
"""
import dataclasses

REFUSED = "refused"
UNFINISHED, PUBLISHED, UNLISTED, ARCHIVED, DISPOSED = "Unfinished", "Published", "Unlisted", "Archived", "Disposed"
READABLE = (PUBLISHED, UNLISTED)


class Violation(Exception):
    """The server broke its word. `check` names the check that found it, as the seeded bugs do."""

    def __init__(self, check, message):
        super().__init__(f"[{check}] {message}")
        self.check = check


@dataclasses.dataclass(frozen=True)
class State:
    status: str
    assets: frozenset  # Pairs of a name and the SHA-256 of its bytes, in hexadecimal digits.

    def __str__(self):
        return f"{self.status} {{{', '.join(f'{name}:{sha[:8]}' for name, sha in sorted(self.assets))}}}"


class Version:
    """A coordinate with all that the ledger says of it. One thread at a time uses it."""

    def __init__(self, package, number):
        self.package, self.number = package, number
        self.possible = {None}
        self.salt = self.size = None  # What its bytes are made from; see formats/parts.py.
        self.lost = []  # Operations whose answers were lost since the last look.
        self.acks = 0  # Acknowledged requests since the last look after a crash.

    def __str__(self):
        return f"{self.package} {self.number}"

    @property
    def known(self):
        """The state, where only one is possible; it must not be asked for otherwise."""
        (state,) = self.possible
        return state

    def acknowledged(self, apply, what):
        self.acks += 1
        after = {apply(state) for state in self.possible} - {REFUSED}
        if not after:
            raise Violation("answers", f"{what} of {self} was acknowledged, and it must be refused: {self.shown()}")
        self.possible = after

    def rejected(self, apply, what, answer):
        refusing = {state for state in self.possible if apply(state) == REFUSED}
        if not refusing:
            raise Violation("answers", f"{what} of {self} was refused, and it must be taken: {self.shown()}; answer {answer}")
        self.possible = refusing

    def unknown(self, apply, what):
        self.possible |= {apply(state) for state in self.possible} - {REFUSED}
        self.lost.append(what)

    def observed(self, state, check):
        if state not in self.possible:
            raise Violation(check, f"{self} is {state or 'absent'}, and may only be {self.shown()}" + (f"; lost: {self.lost}" if self.lost else ""))
        self.possible = {state}
        self.lost = []

    def shown(self):
        return " or ".join(str(state) if state else "absent" for state in self.possible)


class Package:
    def __init__(self, format, name, namespace=""):
        self.format, self.name, self.namespace = format, name, namespace
        self.versions = {}
        self.tags = {}  # By name the set of versions that it may point to; None for "no such tag".

    def __str__(self):
        return f"{self.format}:{self.namespace + '/' if self.namespace else ''}{self.name}"

    def version(self, number):
        return self.versions.setdefault(number, Version(self, number))


def gathers(name, sha256, status):
    """An asset is added to what the version has; the same bytes may come again. `status` is that of a version that is new by it."""
    def apply(state):
        if state is None:
            return State(status, frozenset({(name, sha256)}))
        held = dict(state.assets).get(name)
        if state.status in (ARCHIVED, DISPOSED) or (held is not None and held != sha256):
            return REFUSED
        return state if held else State(state.status, state.assets | {(name, sha256)})
    return apply


def closes(name, sha256, last):
    """An asset of a version that is closed by its last one (generic)."""
    def apply(state):
        if state is None:
            return State(PUBLISHED if last else UNFINISHED, frozenset({(name, sha256)}))
        held = dict(state.assets).get(name)
        if state.status in (ARCHIVED, DISPOSED) or (held is not None and held != sha256) or (held is None and state.status != UNFINISHED):
            return REFUSED
        return State(PUBLISHED if last and state.status == UNFINISHED else state.status, state.assets | {(name, sha256)})
    return apply


def once(name, sha256, again):
    """The one asset of a version that is published at once. `again`: the same bytes may be sent again for as long as they can be read."""
    def apply(state):
        if state is None:
            return State(PUBLISHED, frozenset({(name, sha256)}))
        return state if again and state.status in READABLE and dict(state.assets).get(name) == sha256 else REFUSED
    return apply


def released(state):
    """The listing that ends a deploy names the version (Maven)."""
    if state is None:
        return REFUSED
    return State(PUBLISHED, state.assets) if state.status == UNFINISHED else state


def status_set(expected, target):
    def apply(state):
        if state is None or (expected and state.status != expected) or state.status == DISPOSED:
            return REFUSED
        return State(target, state.assets)
    return apply


def disposed(state):
    return REFUSED if state is None else State(DISPOSED, frozenset())


def deleted(state):
    return REFUSED if state is None else None
