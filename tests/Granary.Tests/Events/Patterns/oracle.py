"""What AWS's documentation says of event patterns, as plainly as it can be written down, for the server's matcher to be held against.

Reads pairs of lines, a pattern and an event, and answers each with 1 or 0. An event is taken apart into its values, each with its path and the
elements of arrays that it lies in. A match is a choice of one value for each field of the pattern, no two of them in different elements of one
array, tried in all ways. It shares nothing with the server, nor is it fast.
"""
import ipaddress
import json
import sys
from decimal import Decimal


class Number:
    """A JSON number with the way it is written."""

    def __init__(self, text):
        self.text, self.value = text, Decimal(text)


def read(line):
    return json.loads(line, parse_int=Number, parse_float=Number)


def in_range(value):
    return -5_000_000_000 <= value <= 5_000_000_000


# -- one value against one entry of a pattern's list


def star_match(pattern, text):
    """Wildcards by dynamic programming over the characters of both."""
    tokens, i = [], 0
    while i < len(pattern):
        if pattern[i] == "\\":
            tokens.append(pattern[i + 1])
            i += 2
        else:
            tokens.append(None if pattern[i] == "*" else pattern[i])
            i += 1
    reached = {0}
    for at in range(len(text) + 1):
        for token, kind in enumerate(tokens):
            if token in reached and kind is None:
                reached.add(token + 1)
        if at == len(text):
            return len(tokens) in reached
        reached = {token + 1 for token in reached if token < len(tokens) and tokens[token] == text[at]} | {
            token for token in reached if token < len(tokens) and tokens[token] is None
        }


def same_letter(a, b):
    return a == b or a.upper() == b.upper() or a.lower() == b.lower()


def ignoring_case(a, b):
    return len(a) == len(b) and all(map(same_letter, a, b))


def in_network(network, text):
    try:
        return ipaddress.ip_address(text) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def numeric(terms, value):
    if not isinstance(value, Number) or not in_range(value.value):
        return False
    compare = {
        "=": lambda a, b: a == b,
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
    }
    return all(compare[terms[i]](value.value, terms[i + 1].value) for i in range(0, len(terms), 2))


def plain(wanted, value):
    if isinstance(wanted, Number):
        if not isinstance(value, Number):
            return False
        exact = in_range(wanted.value) and wanted.value == round(wanted.value, 6) and in_range(value.value)
        return wanted.text == value.text or (exact and wanted.value == value.value)
    return type(wanted) is type(value) and wanted == value


def as_list(operand):
    return operand if isinstance(operand, list) else [operand]


def accepts(entry, value):
    """Whether the entry matches the value. exists: false is no matter of values."""
    if not isinstance(entry, dict):
        return plain(entry, value)
    (operator, operand), = entry.items()
    if operator == "exists":
        return operand
    if operator == "numeric":
        return numeric(operand, value)
    if operator == "anything-but":
        if isinstance(operand, dict):
            (inner, operands), = operand.items()
            return not any(accepts({inner: one}, value) for one in as_list(operands))
        return not any(plain(one, value) for one in as_list(operand))
    if not isinstance(value, str):
        return False
    if operator == "equals-ignore-case":
        return ignoring_case(operand, value)
    if operator == "wildcard":
        return star_match(operand, value)
    if operator == "cidr":
        return in_network(operand, value)
    if operator == "prefix":
        if isinstance(operand, dict):
            operand = operand["equals-ignore-case"]
            return ignoring_case(operand, value[: len(operand)])
        return value.startswith(operand)
    if operator == "suffix":
        if isinstance(operand, dict):
            operand = operand["equals-ignore-case"]
            return len(value) >= len(operand) and ignoring_case(operand, value[len(value) - len(operand):])
        return value.endswith(operand)
    raise ValueError(operator)


# -- patterns as lists of alternatives, events as lists of values


def alternatives(pattern, path=(), so_far=None):
    """The pattern without its $or: each alternative has a list of entries for each path. What is written last counts."""
    so_far = [{}] if so_far is None else so_far
    for name, value in pattern.items():
        if name == "$or":
            so_far = [done for branch in value for done in alternatives(branch, path, [dict(one) for one in so_far])]
        elif isinstance(value, dict):
            so_far = alternatives(value, path + (name,), so_far)
        else:
            so_far = [{**one, path + (name,): value} for one in so_far]
    return so_far


def values(node, path=(), elements=(), where=()):
    """All (path, value, {array: element}) of an event; an array is told by the place where it stands."""
    if isinstance(node, dict):
        for name, child in node.items():
            yield from values(child, path + (name,), elements, where + (name,))
    elif isinstance(node, list):
        for index, child in enumerate(node):
            inside = elements + ((where, index),) if isinstance(child, (dict, list)) else elements
            yield from values(child, path, inside, where + (index,))
    else:
        yield path, node, dict(elements)


def consistent(one, other):
    return all(other.get(array, index) == index for array, index in one.items())


def chooses(fields, found, elements):
    if not fields:
        return True
    (path, entries), rest = fields[0], fields[1:]
    here = [(value, inside) for at, value, inside in found if at == path and consistent(elements, inside)]
    for value, inside in here:
        if any(accepts(entry, value) for entry in entries) and chooses(rest, found, {**elements, **inside}):
            return True
    may_be_absent = any(isinstance(entry, dict) and entry.get("exists") is False for entry in entries)
    return may_be_absent and not here and chooses(rest, found, elements)


def matches(pattern, event):
    found = list(values(event))
    return any(chooses(sorted(one.items(), key=lambda item: ".".join(item[0])), found, {}) for one in alternatives(pattern))


lines = sys.stdin.read().splitlines()
for pattern, event in zip(lines[::2], lines[1::2]):
    print(int(matches(read(pattern), read(event))))
