"""Probes made of the model's shapes: for each member of an input, every way of not being what the shape says."""
import copy

import model

# Each against some pattern: a blank, the separators of names, a control, a format and a private character, an accent, a capital, a symbol.
ODD = [" ", "#", "/", "\x01", "\u200b", "\ue000", "é", "A", "!", "_"]
HALF_OF_A_PAIR = "\ud83d"
ENOUGH = 4


def of(operation, template):
    """``(probe, kind, member, params)`` for everything that the model lets one violate in the template's call."""
    shape = model.input_of(operation)
    for name in model.required(shape):
        if name != model.SHAPES[shape].get("payload"):
            yield f"{name} missing", "missing", name, {k: v for k, v in usual(template).items() if k != name}
            if "location" not in model.members(shape)[name]:
                yield f"{name} = null", "missing", name, {**usual(template), name: None}
    every = {"nextToken": "t", **template}
    for name, member in model.members(shape).items():
        whole = {**usual(template), **({name: every[name]} if name in every else {})}
        if name in whole and name != model.SHAPES[shape].get("payload"):
            place = "body" if "location" not in member else member["location"]
            for probe, kind, params in _violations(member["shape"], whole[name], [name], place, whole):
                yield probe, kind, name, params


def usual(template):
    """The call without what is refused here whatever it is, which would hide what is wrong with the rest."""
    return {name: value for name, value in template.items() if name != "encryptionKey"}


def _violations(shape, value, path, place, whole):
    kind = model.SHAPES[shape]
    make = {"structure": _structure, "list": _list, "map": _map, "string": _string, "boolean": _boolean}.get(kind["type"], _number)
    yield from make(kind, value, path, place, whole)


def _put(whole, path, value):
    """A copy with one value in it replaced; what is in two places of a template stays as it is in the other."""
    if not path:
        return value
    spoilt = copy.copy(whole)
    spoilt[path[0]] = _put(spoilt[path[0]], path[1:], value)
    return spoilt


def _at(path):
    return ".".join(str(step) for step in path)


def _string(kind, value, path, place, whole):
    for text, why in _texts(kind, value, place):
        yield f"{_at(path)} = {_brief(text)}", why, _put(whole, path, text)
    if place == "body":
        yield f"{_at(path)} = 1", "type", _put(whole, path, 1)


def _texts(kind, value, place):
    """Texts that the shape refuses, each for one reason."""
    if "enum" in kind:
        yield "no-such-value", "enum"
        yield value.swapcase(), "enum"
        yield "", "enum"
        return
    if kind.get("min", 0) > 0:
        yield (value * kind["min"])[:kind["min"] - 1], "min"
    if "max" in kind:
        yield (value + value[-1] * kind["max"])[:kind["max"] + 1], "max"
    if "pattern" in kind:
        middle = len(value) // 2
        odd = [value[:middle] + one + value[middle + 1:] for one in ODD]
        yield from [(text, "pattern") for text in odd if not model.matches(kind["pattern"], text)][:ENOUGH]
    if place == "body":
        # No text at all: JSON can write it, and no encoding of Unicode can.
        yield value[:len(value) // 2] + HALF_OF_A_PAIR, "type"


def _number(kind, value, path, place, whole):
    if "min" in kind:
        yield f"{_at(path)} = {kind['min'] - 1}", "min", _put(whole, path, kind["min"] - 1)
    if "max" in kind:
        yield f"{_at(path)} = {kind['max'] + 1}", "max", _put(whole, path, kind["max"] + 1)
    for number in (2 ** 63, -2 ** 63, 1.5, "x", ""):
        yield f"{_at(path)} = {number!r}", "type", _put(whole, path, number)


def _boolean(kind, value, path, place, whole):
    for other in ("maybe", "1", "") if place != "body" else ("true", 1):
        yield f"{_at(path)} = {other!r}", "type", _put(whole, path, other)


def _list(kind, value, path, place, whole):
    if "max" in kind:
        yield f"{_at(path)} with {kind['max'] + 1} entries", "max", _put(whole, path, _many(value[0], kind["max"] + 1))
    for other in ("text", {"a": "b"}, [None], [1]):
        yield f"{_at(path)} = {other!r}", "type", _put(whole, path, other)
    yield from _violations(kind["member"]["shape"], value[0], path + [0], place, whole)


def _many(entry, count):
    # Different from one another, so that it is their number that is refused.
    if isinstance(entry, dict):
        return [{**entry, next(iter(entry)): f"k{i}"} for i in range(count)]
    return [f"{entry}{i}" for i in range(count)]


def _map(kind, value, path, place, whole):
    key, inner = next(iter(value.items()))
    for other in ("text", [1], {key: 1}):
        yield f"{_at(path)} = {other!r}", "type", _put(whole, path, other)
    for text, why in _texts(model.SHAPES[kind["key"]["shape"]], key, "name of a member"):
        yield f"a key of {_at(path)} = {_brief(text)}", why, _put(whole, path, {text: inner})
    yield from _violations(kind["value"]["shape"], inner, path + [key], place, whole)


def _structure(kind, value, path, place, whole):
    for name in kind.get("required", []):
        yield f"{_at(path)}.{name} missing", "missing", _put(whole, path, {k: v for k, v in value.items() if k != name})
    yield f"{_at(path)} = 'text'", "type", _put(whole, path, "text")
    for name, member in kind["members"].items():
        if name in value:
            yield from _violations(member["shape"], value[name], path + [name], place, whole)


def _brief(text):
    shown = text.encode("ascii", "backslashreplace").decode()
    return repr(shown) if len(shown) <= 40 else f"{shown[:20]!r}… ({len(text)} characters)"


# Texts of these shapes may be anything within their bounds, so that one of the least and one of the greatest length is valid.
FREE = {"DomainName", "RepositoryName", "PackageName", "PackageNamespace", "PackageVersion", "Description", "PackageGroupContactInfo", "TagKey", "TagValue"}


def boundaries(operation, template):
    """``(probe, params)`` with one member at its least or its greatest length or value, which must not be refused for that."""
    for name, member in model.members(model.input_of(operation)).items():
        kind = model.SHAPES[member["shape"]]
        if name not in template:
            continue
        if kind["type"] in ("integer", "long"):
            for bound in (kind["min"], kind["max"]):
                yield f"{name} = {bound}", {**usual(template), name: bound}
        elif member["shape"] in FREE:
            for length in {kind.get("min", 0), kind["max"]}:
                yield f"{name} of {length} characters", {**usual(template), name: "a" * length}
