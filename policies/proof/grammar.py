"""What AWS would refuse of a containment document, so that it never comes into force.

Source: "Grammar of the IAM JSON policy language" in the IAM User Guide, "SCP syntax" and "RCP syntax" in the AWS
Organizations User Guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from policies.placed import Layer
from scanner.iam.conditions import moment
from scanner.iam.documents import Policy, Statement, parse
from scanner.inventory import Document

# AWS documents ISO 8601 in UTC with up to three places of milliseconds, as its console writes it. Whether it takes more
# places, or a time without a zone, is not documented: a document that hangs on it is not proven.
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,3})?Z")
_SID = re.compile(r"[A-Za-z0-9]*")
_EVERYBODY = (("AWS", "*"),)


@lru_cache(maxsize=1024)
def read(text: str, layer: Layer) -> tuple[Policy, str]:
    """The statements of a document, and why AWS would refuse it in a layer; empty where it would not."""
    policy = parse(Document(text.encode("utf-8", "surrogatepass")))
    return policy, next(_faults(policy, layer), "")


def _faults(policy: Policy, layer: Layer) -> Iterator[str]:
    yield from policy.problems
    if not policy.statements:
        yield "it has no statement"
    if layer in ("scp", "rcp") and policy.version != "2012-10-17":
        yield "a policy of the organization has to be of version 2012-10-17"
    named = [statement.sid for statement in policy.statements if statement.sid]
    if len(named) != len(set(named)):
        yield "two statements have the same Sid"
    for statement in policy.statements:
        place = f"Statement[{statement.index}]"
        fault = _of_layer(statement, layer)
        if fault:
            yield f"{place}: {fault}"
        # What allows was there before, and so was taken by AWS.
        if not statement.allows:
            yield from _faults_of_deny(statement, place)


def _faults_of_deny(statement: Statement, place: str) -> Iterator[str]:
    if not _SID.fullmatch(statement.sid):
        yield f"{place}.Sid: it has other characters than letters and digits"
    for condition in statement.conditions:
        if not condition.name.isascii():
            # Python takes the Kelvin sign for a K, AWS does not.
            yield f"{place}.Condition: {condition.name!r} is no condition key"
        for value in condition.values if condition.operator.startswith("date") else ():
            if not is_time(value):
                yield f"{place}.Condition: {value!r} is no time of the form YYYY-MM-DDThh:mm:ssZ"


def is_time(text: str) -> bool:
    """Whether a text is a time in the form that AWS documents; that its date exists is part of it."""
    return bool(_TIME.fullmatch(text)) and moment(text) is not None


def _of_layer(statement: Statement, layer: Layer) -> str:
    if layer == "trust":
        if statement.resources or statement.not_resources:
            return "a trust policy has no Resource"
        return "" if statement.principals else "a trust policy needs a Principal"
    if not statement.resources and not statement.not_resources:
        return "it has no Resource"
    if layer == "rcp":
        if statement.allows or statement.not_actions or statement.principals != _EVERYBODY or statement.not_principals:
            return "a resource control policy can only deny named actions to Principal *"
        return ""
    return "there is no Principal in such a policy" if statement.principals else ""
