"""Holds answers against the model: what succeeded member by member, and what was refused as an error of the operation."""
import numbers

import exceptions
import model

_request_ids = set()


def problems_of(operation, answer, seen):
    """What is wrong with an answer that must be a success. The paths of its members are added to ``seen``."""
    if answer.status != 200:
        return [f"status {answer.status} where 200 was due"]
    found = _request_id(answer)
    output = model.output_of(operation)
    if output is None:
        return found
    payload = model.SHAPES[output].get("payload")
    for name, member in model.members(output).items():
        if member.get("location") == "header" and (text := answer.headers.get(member["locationName"])) is not None:
            seen.add(name)
            _value(member["shape"], text, name, operation, seen, found)
    if payload:
        seen.add(payload)
        return found
    if not (answer.headers.get("Content-Type") or "").startswith("application/json"):
        found.append(f"Content-Type {answer.headers.get('Content-Type')}")
    if not isinstance(answer.json, dict):
        return found + ["the body is no JSON object"]
    _value(output, answer.json, "", operation, seen, found)
    return found


def refusal_problems(operation, answer, expected=None):
    """What is wrong with an answer that must be a refusal; ``expected`` are the only errors that will do, by name."""
    errors = model.errors_of(operation)
    if answer.status < 400:
        return [f"status {answer.status} where a refusal was due"]
    if answer.status >= 500:
        return [f"status {answer.status}"]
    found = _request_id(answer)
    if answer.error not in errors:
        return found + [f"{answer.error} is no error of {operation}"]
    if errors[answer.error] != answer.status:
        found.append(f"{answer.error} with status {answer.status}, the model has {errors[answer.error]}")
    if expected and answer.error not in expected:
        found.append(f"{answer.error} where {' or '.join(sorted(expected))} was due")
    body = answer.json
    if not isinstance(body, dict):
        return found + ["the body is no JSON object"]
    return found + _error_members(answer.error, body)


def _error_members(name, body):
    found = []
    shape = model.SHAPES.get(name)
    modelled = {n: m for n, m in (shape["members"] if shape else {"message": {"shape": "String"}}).items() if m.get("location") != "header"}
    for member in modelled:
        if not body.get(member):
            found.append(f"{name} without {member}")
    for member, value in body.items():
        if member in modelled:
            _value(modelled[member]["shape"], value, member, name, set(), found)
        elif value is not None and not exceptions.is_addition("Error", member):
            found.append(f"{name} has a member {member} beyond the model")
    return found


def _request_id(answer):
    value = answer.headers.get("x-amzn-RequestId")
    if not value:
        return ["no x-amzn-RequestId"]
    if value in _request_ids:
        return [f"x-amzn-RequestId {value} was given before"]
    _request_ids.add(value)
    return []


def _value(shape, value, path, operation, seen, found):
    kind = model.SHAPES[shape]
    check = {"structure": _structure, "list": _list, "map": _map}.get(kind["type"], _scalar)
    check(shape, kind, value, path, operation, seen, found)


def _structure(shape, kind, value, path, operation, seen, found):
    if not isinstance(value, dict):
        found.append(f"{path} is no object")
        return
    for name in kind.get("required", []):
        if value.get(name) is None:
            found.append(f"{path}.{name} is required and absent")
    for name, inner in value.items():
        at = f"{path}.{name}" if path else name
        if inner is None:
            continue
        if name in kind["members"]:
            seen.add(at)
            _value(kind["members"][name]["shape"], inner, at, operation, seen, found)
        elif model.complete and not exceptions.is_addition(operation, at):
            found.append(f"{at} is beyond the model")


def _list(shape, kind, value, path, operation, seen, found):
    if not isinstance(value, list):
        found.append(f"{path} is no list")
        return
    _length(kind, len(value), path, found)
    for inner in value:
        _value(kind["member"]["shape"], inner, path + "[]", operation, seen, found)


def _map(shape, kind, value, path, operation, seen, found):
    if not isinstance(value, dict):
        found.append(f"{path} is no object")
        return
    _length(kind, len(value), path, found)
    for key, inner in value.items():
        _value(kind["key"]["shape"], key, f"{path} key", operation, seen, found)
        _value(kind["value"]["shape"], inner, path + "{}", operation, seen, found)


def _scalar(shape, kind, value, path, operation, seen, found):
    kinds = {"string": str, "boolean": bool, "integer": int, "long": int, "timestamp": numbers.Real}
    if not isinstance(value, kinds[kind["type"]]) or (kind["type"] != "boolean" and isinstance(value, bool)):
        found.append(f"{path} is {value!r}, no {kind['type']}")
        return
    if kind["type"] == "timestamp" and not 1e9 < value < 1e10:
        found.append(f"{path} is {value}, no time in epoch seconds")
    if kind["type"] in ("integer", "long"):
        _length(kind, value, path, found)
    if kind["type"] == "string":
        _length(kind, len(value), path, found)
        if "enum" in kind and value not in kind["enum"] and model.complete and not exceptions.is_value(shape, value):
            found.append(f"{path} is {value!r}, not one of {kind['enum']}")
        if "pattern" in kind and not model.matches(kind["pattern"], value):
            found.append(f"{path} is {value!r}, against {kind['pattern']}")


def _length(kind, measure, path, found):
    if measure < kind.get("min", measure) or measure > kind.get("max", measure):
        found.append(f"{path} measures {measure}, outside {kind.get('min', '')}..{kind.get('max', '')}")
