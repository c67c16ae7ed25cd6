"""Amp's recorded answers, and the list of those that ours differ from on purpose.

tests/data/amp_golden/differences.json has two lists. "added": keys that we answer beyond Amp's, by a
pattern of the requests and the place in the body ("" or the name of a list of objects). "changed":
single requests, with what Amp answered and what we answer. Both give reasons.
"""

import json
import re
from collections import namedtuple
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "data/amp_golden"

# `amp` and `ours`: {"status", "body"}.
Difference = namedtuple("Difference", "amp ours reason")
Addition = namedtuple("Addition", "requests at keys reason")


def answers():
    """Scenario -> {"note", "requests": {"METHOD path": {"status", "body"}}}."""
    return json.loads((FOLDER / "answers.json").read_text())


def _listed():
    return json.loads((FOLDER / "differences.json").read_text())


def differences():
    """(scenario, request) -> Difference."""
    listed = {}
    for group in _listed()["changed"]:
        for one in group["requests"]:
            key = (one["scenario"], one["request"])
            assert key not in listed, f"listed twice: {key}"
            listed[key] = Difference(one["amp"], one["ours"], group["reason"])
    return listed


def additions():
    return [Addition(re.compile(one["requests"]), one["at"], one["keys"], one["reason"])
            for one in _listed()["added"]]


def without(addition, request, answer):
    """The answer without what was added, and the keys that were found."""
    body = answer.get("body")
    if not addition.requests.fullmatch(request) or answer["status"] >= 400:
        return answer, set()
    found = set()

    def strip(node):
        found.update(set(node) & set(addition.keys))
        return {key: value for key, value in node.items() if key not in addition.keys}

    if addition.at == "":
        body = strip(body)
    else:
        body = {**body, addition.at: [strip(node) for node in body[addition.at]]}
    return {**answer, "body": body}, found


def body_of(text):
    """An answer's body, read if it is JSON; None if there is none."""
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


def _said(answer):
    """What of an answer is compared: of an error its code, for texts are free."""
    body = answer.get("body")
    if answer["status"] < 400:
        return answer["status"], body
    return answer["status"], body.get("error_code") if isinstance(body, dict) else None


def same(a, b):
    """Equality that tells true from 1, and minds the order of lists but not of keys."""
    return json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)


def compare(expected, ours, difference=None):
    """What is wrong with our answer, or None. Where a difference is listed, ours has to be the one
    that is listed, and has to differ still."""
    amp_said, we_said = _said(expected), _said(ours)
    if amp_said[0] >= 400 and amp_said[1] is None:
        # Amp gave no body, or none that was recorded; ours says why all the same.
        we_said = (we_said[0], None)
    if difference is None:
        if not same(amp_said, we_said):
            return f"expected {json.dumps(amp_said)}, got {json.dumps(we_said)}"
        return None
    if same(amp_said, we_said):
        return "the listed difference is gone: we answer as Amp does"
    if not same(_said(difference.ours), we_said):
        return f"listed as {json.dumps(_said(difference.ours))}, got {json.dumps(we_said)}"
    return None


def holds(expected, ours):
    """Whether ours has everything that is expected: further keys are free, further elements are not."""
    if isinstance(expected, dict):
        return isinstance(ours, dict) and all(
            key in ours and holds(value, ours[key]) for key, value in expected.items())
    if isinstance(expected, list):
        return (isinstance(ours, list) and len(expected) == len(ours)
                and all(map(holds, expected, ours)))
    return same(expected, ours)
