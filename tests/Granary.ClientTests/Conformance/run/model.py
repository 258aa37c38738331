"""The API's model as the installed botocore has it. Nothing of it is kept anywhere else."""
import hashlib
import json
import re
import sys
import unicodedata

import botocore
import botocore.session

VERSION = botocore.__version__

_loader = botocore.session.get_session().get_component("data_loader")
_service = _loader.load_service_model("codeartifact", "service-2")

SHAPES = _service["shapes"]
OPERATIONS = _service["operations"]
# Whether the model has everything that the API has today. What an older one does not know, it cannot judge: see run.py.
complete = True
PAGINATORS = _loader.load_service_model("codeartifact", "paginators-1")["pagination"]

# The errors that every AWS service may answer before it looks at the operation, with the statuses of restJson1.
COMMON_ERRORS = {
    "AccessDeniedException": 403, "IncompleteSignatureException": 400, "InvalidSignatureException": 403,
    "MissingAuthenticationTokenException": 403, "UnrecognizedClientException": 403, "ExpiredTokenException": 403,
}


def _without_documentation(node):
    if isinstance(node, dict):
        return {k: _without_documentation(v) for k, v in node.items() if not (k == "documentation" and isinstance(v, str))}
    return [_without_documentation(v) for v in node] if isinstance(node, list) else node


# One value for each state of the model: what is counted by its shapes can be compared only between equal ones.
DIGEST = hashlib.sha256(json.dumps(
    _without_documentation({"o": OPERATIONS, "s": SHAPES, "p": PAGINATORS}), sort_keys=True).encode()).hexdigest()[:16]


def members(shape):
    return SHAPES[shape].get("members", {})


def required(shape):
    return SHAPES[shape].get("required", [])


def input_of(operation):
    return OPERATIONS[operation]["input"]["shape"]


def output_of(operation):
    return OPERATIONS[operation].get("output", {}).get("shape")


def errors_of(operation):
    """The status of each error that the operation may answer, by the error's name."""
    modelled = {e["shape"]: SHAPES[e["shape"]].get("error", {}).get("httpStatusCode") for e in OPERATIONS[operation]["errors"]}
    return {**COMMON_ERRORS, **modelled}


def wire_name(name, member):
    return member.get("locationName", name)


def output_members(operation):
    """The path of every member that an answer of the operation may have, such as ``packages[].format``."""
    paths = []

    def walk(shape, path, above):
        if shape in above:
            return
        kind = SHAPES[shape]
        if kind["type"] == "structure":
            for name, member in kind["members"].items():
                at = f"{path}.{name}" if path else name
                paths.append(at)
                walk(member["shape"], at, above + [shape])
        elif kind["type"] == "list":
            walk(kind["member"]["shape"], path + "[]", above)
        elif kind["type"] == "map":
            walk(kind["value"]["shape"], path + "{}", above)

    if output_of(operation):
        walk(output_of(operation), "", [])
    return paths


def _ranges(code_points):
    text, start, last = [], None, None
    for point in code_points:
        if last is None or point != last + 1:
            if start is not None:
                text.append((start, last))
            start = point
        last = point
    text.append((start, last))
    return "".join(f"\\U{a:08x}-\\U{b:08x}" for a, b in text)


def _category_c():
    inside, outside = [], []
    for point in range(sys.maxunicode + 1):
        (inside if unicodedata.category(chr(point))[0] == "C" else outside).append(point)
    return _ranges(inside), _ranges(outside)


_C, _NOT_C = _category_c()
_compiled = {}


def matches(pattern, text):
    """Whether the whole text matches. The model's patterns are Java's; Python's lack the classes \\p and \\P."""
    if pattern not in _compiled:
        translated = pattern.replace("\\p{IsWhitespace}", "\\s")
        translated = re.sub(r"(\[[^\]]*?)\\P\{C\}", lambda m: m[1] + _NOT_C, translated)
        translated = re.sub(r"(\[[^\]]*?)\\p\{C\}", lambda m: m[1] + _C, translated)
        translated = translated.replace("\\P{C}", f"[{_NOT_C}]")
        _compiled[pattern] = re.compile(translated)
    return _compiled[pattern].fullmatch(text) is not None
