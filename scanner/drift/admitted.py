"""Whom of others the policy of a resource that came lets in.

A policy that is other is compared with the one before it. One that came with its resource has nothing to be compared
with: what it gives the own account and services of AWS is ordinary, and what it gives anybody else is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from scanner.baseline.shelf import ShelvedDocument
from scanner.drift.documents import Statement
from scanner.drift.surroundings import Surroundings
from scanner.events.strangers import ANYBODY, Caller, caller_may, callers
from scanner.findings import SEVERITIES, Severity
from scanner.iam.matching import matches
from scanner.iam.principals import account_of
from scanner.inventory import Document, ResourcePolicy

_MOST_NAMED = 5
_ANY_ACTION = "guardrift-probe:any"
_OF_WHOM = ("Effect", "Principal", "NotPrincipal", "Condition")
_OF_CALLER = "aws:PrincipalAccount"


class Admitted(NamedTuple):
    """Whom a policy admits beyond the account, and how bad that is.

    Attributes:
        has_strangers: whether it names somebody of no account of the own organization.
    """

    severity: Severity
    who: str
    has_strangers: bool = True


def admitted(shelved: ShelvedDocument, around: Surroundings) -> Admitted | None:
    """Whom beyond the account the policy of one of its resources admits; None where that is nobody."""
    if shelved.form != "policy":
        return Admitted("high", "nobody can tell whom")
    said = msgspec.json.decode(bytes(shelved.document))
    statements, version = said.get("Statement", []), said.get("Version", "2012-10-17")
    denies = [each for each in statements if each["Effect"] == "Deny"]
    found = [
        each for allow in statements if allow["Effect"] == "Allow" for each in _beyond(allow, denies, version, around)
    ]
    if not found:
        return None
    has_strangers = any(each[0] == "high" and each[1] for each in found)
    everyone = [each for each in found if each[1] == ""]
    severity = min((each[0] for each in found), key=SEVERITIES.index)
    named = sorted({each[1] for each in found} - {""})
    who = named[:_MOST_NAMED]
    if everyone:
        who.insert(0, "everyone" if any(each[0] == "high" for each in everyone) else "everyone under conditions")
    more = f" and {len(named) - _MOST_NAMED:,} more" if len(named) > _MOST_NAMED else ""
    return Admitted(severity, ", ".join(who) + more, has_strangers)


def _beyond(
    allow: Statement, denies: Sequence[Statement], version: str, around: Surroundings
) -> Iterator[tuple[Severity, str]]:
    """Whom a statement lets in, each with how bad that is; an empty name stands for everyone."""
    principals, unknown = _known_principals(allow, around)
    yield from (("high", name) for name in unknown)
    if principals is None:
        return
    asked = [_question(each) for each in (principals, *(deny for deny in denies if _is_over(deny, allow)))]
    policy = ResourcePolicy(Document(msgspec.json.encode({"Version": version, "Statement": asked})))
    for caller in callers(policy):
        if caller.account == around.account_id:
            continue
        answer = caller_may(policy, _ANY_ACTION, f"arn:{around.account.partition}:any:::any", caller)
        if answer == "no":
            continue
        if caller == ANYBODY:
            yield ("high" if answer == "yes" else "medium"), ""
        else:
            yield _severity(caller, around), caller.account or caller.organization


def _severity(caller: Caller, around: Surroundings) -> Severity:
    return "medium" if {caller.account, caller.organization} & around.ours else "high"


def _known_principals(allow: Statement, around: Surroundings) -> tuple[Statement | None, list[str]]:
    """The statement with the principals that can be asked about, if any, and those of whom nobody knows the account."""
    named = allow.get("Principal")
    if not isinstance(named, dict):
        return allow, []
    unknown = [text for text in named.get("Federated", ()) if account_of(text) != around.account_id]
    unknown += [text for kind in named if kind not in ("AWS", "Service", "Federated") for text in named[kind]]
    asked = list[str]()
    for text in named.get("AWS", ()):
        if account_of(text) is not None or text == "*":
            asked.append(text)
        elif "*" in text or "?" in text:
            asked.append("*")
        elif not text.startswith(("AIDA", "AROA")):
            unknown.append(text)
    return ({**allow, "Principal": {"AWS": asked}} if asked else None), unknown


def _question(statement: Statement) -> Statement:
    """The statement as one on everything, so that only for whom it is remains to be asked."""
    found = {name: value for name, value in statement.items() if name in _OF_WHOM}
    if "Condition" in found:
        found["Condition"] = {name: _of_account(keys) for name, keys in found["Condition"].items()}
    return {**found, "Action": "*"}


def _of_account(keys: dict[str, Any]) -> dict[str, Any]:
    """The keys of a condition, that of KMS for the account of the caller under its common name."""
    names = {name.lower(): name for name in keys}
    if "kms:calleraccount" not in names or _OF_CALLER.lower() in names:
        return keys
    return {_OF_CALLER if name.lower() == "kms:calleraccount" else name: value for name, value in keys.items()}


def _is_over(deny: Statement, allow: Statement) -> bool:
    """Whether a Deny speaks of everything that an Allow does; where that is not plain, it counts as absent."""
    return _covers(deny, allow, "Action", "NotAction") and _covers(deny, allow, "Resource", "NotResource")


def _covers(deny: Statement, allow: Statement, name: str, complement: str) -> bool:
    if complement in deny:
        return False
    if name not in deny or "*" in deny[name]:
        return True
    if complement in allow or name not in allow:
        return False
    return all(any(_has(whole, part) for whole in deny[name]) for part in allow[name])


def _has(whole: str, part: str) -> bool:
    # A single place for any character stands for less than the star that it may cover here.
    return whole == part or ("?" not in whole and "${" not in whole + part and matches(whole, part))
