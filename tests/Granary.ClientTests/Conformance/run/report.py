"""What the run found, operation by operation."""
import model


class Report:
    def __init__(self):
        self.rows = {name: {
            "operation": name, "validCalls": 0, "minimal": False, "inputMembers": set(), "outputMembers": set(),
            "probes": 0, "refusedAsModelled": 0, "failures": [],
        } for name in model.OPERATIONS}

    def __getitem__(self, operation):
        return self.rows[operation]

    def valid(self, operation, params, answer, problems):
        row = self.rows[operation]
        row["validCalls"] += 1
        row["minimal"] |= set(params) == set(model.required(model.input_of(operation)))
        if problems:
            self.fail(operation, "valid", "a valid call", params, answer, problems)
        else:
            row["inputMembers"] |= set(params)

    def probe(self, operation, topic, probe, params, answer, problems):
        row = self.rows[operation]
        row["probes"] += 1
        if problems:
            self.fail(operation, topic, probe, params, answer, problems)
        else:
            row["refusedAsModelled"] += 1

    def fail(self, operation, topic, probe, params, answer, problems):
        self.rows[operation]["failures"].append({
            "topic": topic, "probe": probe, "problems": problems, "input": _shown(params), "answer": str(answer) if answer else None})

    def finished(self):
        return [{name: sorted(value) if isinstance(value, set) else value for name, value in row.items()} for row in self.rows.values()]


def _shown(params):
    """The input as one could send it again; what is very long, by its beginning and its length."""
    if isinstance(params, dict):
        return {str(name): _shown(value) for name, value in params.items()}
    if isinstance(params, (list, tuple)):
        return [_shown(value) for value in params[:5]] + ([f"… {len(params)} in all"] if len(params) > 5 else [])
    text = params if isinstance(params, (int, float, bool, type(None))) else params.decode("latin-1") if isinstance(params, bytes) else str(params)
    if isinstance(text, str):
        text = text.encode("utf-8", "backslashreplace").decode()
        return text if len(text) <= 120 else f"{text[:100]}… ({len(text)} in all)"
    return text
