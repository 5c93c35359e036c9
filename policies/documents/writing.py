"""How a policy document is put together, and becomes text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import NoReturn

from policies.cutoff import PLACEHOLDER

PolicyDocument = dict[str, object]
"""A policy document before it is serialised."""

Conditions = Mapping[str, Mapping[str, object]]

VERSION = "2012-10-17"


class NotWritable(ValueError):
    """A value that cannot stand in a policy document; the message says why, and what would be right."""


def serialise(document: PolicyDocument) -> str:
    """A policy document as minified JSON."""
    return json.dumps(document, separators=(",", ":"))


def document(*statements: dict[str, object]) -> PolicyDocument:
    """A policy document of these statements."""
    return {"Version": VERSION, "Statement": list(statements)}


def deny(sid: str, conditions: Conditions | None = None, **elements: object) -> dict[str, object]:
    """A Deny statement: of everything on everything, unless other elements are given."""
    scope = {} if "NotAction" in elements else {"Action": "*"}
    stated: dict[str, object] = {"Sid": sid, "Effect": "Deny", **scope, "Resource": "*", **elements}
    return {**stated, "Condition": conditions} if conditions else stated


def with_deny(text: str, sid: str, statement: Mapping[str, object]) -> str:
    """A policy that somebody else wrote, with one Deny added after its statements, as minified JSON.

    Where it holds that Deny already, nothing is added; where another of its statements has that Sid, the Sid gets a
    number, since no two statements may share one. What the policy itself says stays as it is.

    Raises:
        NotWritable: it is no policy document, or says something twice, so that nobody knows what IAM made of it.
    """
    policy = _parsed(text)
    found = policy.get("Statement")
    listed = found if isinstance(found, list) else [found]
    statements = [each for each in listed if isinstance(each, dict)]
    if not statements or len(statements) != len(listed):
        raise NotWritable("the policy has no statements to add one to")
    written = [_foreign(each) for each in statements]
    sids = {each.get("Sid") for each in statements}
    for candidate in _numbered(sid):
        added = {"Sid": candidate, **statement}
        if added in statements:
            break
        if candidate not in sids:
            written.append(serialise(added))
            break
    whole = f"[{','.join(written)}]"
    elements = (f"{_foreign(name)}:{whole if name == 'Statement' else _foreign(policy[name])}" for name in policy)
    return f"{{{','.join(elements)}}}"


def _numbered(sid: str) -> Iterator[str]:
    yield sid
    number = 2
    while True:
        yield f"{sid}{number}"
        number += 1


def _foreign(value: object) -> str:
    """A part of a policy of others as minified JSON, without ``${CUTOFF}``, and of characters that IAM takes.

    A policy that says ``${CUTOFF}`` itself, by chance or by design, would else be changed when the time is filled in.
    Letters that IAM takes are not spelled out, since it counts the text.
    """
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    spelled = _BEYOND.sub(lambda found: json.dumps(found[0])[1:-1], text)
    return spelled.replace(PLACEHOLDER, PLACEHOLDER.replace("$", "\\u0024"))


# And what a terminal would act on.
_BEYOND = re.compile(r"[^\x20-\xff]|[\x7f-\xa0\xad]")


def _parsed(text: str) -> dict[str, object]:
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except RecursionError:
        raise NotWritable("the policy is nested too deeply") from None
    except NotWritable:
        raise
    except ValueError:
        raise NotWritable("the policy is no JSON") from None
    if not isinstance(found, dict):
        raise NotWritable("the policy is no JSON object")
    return found


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotWritable("the policy gives one element twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise NotWritable(f"the policy holds {name}, which is no JSON")
