"""Statements boiled down to the actions that matter for escalation, so that most of an account can be passed over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

import msgspec

from scanner.iam.documents import Policy, Statement
from scanner.iam.matching import matcher
from scanner.iam.methods import escalation_catalogue

_PROBES = (
    "cloudtrail:StopLogging", "ec2:TerminateInstances", "iam:AddUserToGroup", "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy", "iam:AttachUserPolicy", "iam:CreateAccessKey", "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion", "iam:PutGroupPolicy", "iam:PutRolePolicy", "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion", "iam:UpdateAssumeRolePolicy", "iam:UpdateLoginProfile", "kms:Decrypt",
    "lambda:UpdateFunctionCode", "s3:GetObject", "secretsmanager:GetSecretValue", "sts:AssumeRole",
)  # fmt: skip
"""Actions that the test for administrators asks about, besides those of the catalogue."""


@dataclass(frozen=True)
class Interest:
    """The actions that matter; bit ``i`` of a mask stands for ``actions[i]``."""

    actions: tuple[str, ...]
    bits: dict[str, int]
    by_service: dict[str, tuple[str, ...]]

    @property
    def everything(self) -> int:
        """The mask of all actions."""
        return (1 << len(self.actions)) - 1

    def mask(self, actions: Iterable[str]) -> int:
        """The mask of some actions of the interest."""
        found = 0
        for action in actions:
            found |= self.bits[action.lower()]
        return found


@cache
def interest() -> Interest:
    """Every action that the escalation catalogue names, and those that tell an administrator."""
    catalogue = escalation_catalogue()
    named = {act.action for method in catalogue.methods for way in method.ways for act in way}
    named |= {action for each in catalogue.yields for way in each.ways for action in way}
    named |= {each.action for each in (*catalogue.blinding, *catalogue.persistence)}
    actions = tuple(sorted(named | set(_PROBES)))
    by_service: dict[str, list[str]] = {}
    for action in actions:
        by_service.setdefault(action.partition(":")[0].lower(), []).append(action.lower())
    return Interest(
        actions=actions,
        bits={action.lower(): 1 << place for place, action in enumerate(actions)},
        by_service={service: tuple(found) for service, found in by_service.items()},
    )


@lru_cache(maxsize=65536)
def _pattern_mask(pattern: str) -> int:
    """The actions of the interest that an Action pattern covers."""
    everything = interest()
    if pattern == "*":
        return everything.everything
    if "*" not in pattern and "?" not in pattern:
        return everything.bits.get(pattern.lower(), 0) if pattern.isascii() else 0
    service = pattern.partition(":")[0].lower()
    if "*" in service or "?" in service:
        candidates: Iterable[str] = everything.bits
    else:
        candidates = everything.by_service.get(service, ())
    # The actions of the interest are in lower case here; a letter outside ASCII equals none of theirs.
    matched = matcher(pattern.lower()) if pattern.isascii() else matcher(pattern)
    found = 0
    for action in candidates:
        if matched(action):
            found |= everything.bits[action]
    return found


class Grant(msgspec.Struct, eq=False):
    """A statement that covers an action of the interest; compared by identity, since equal texts are parsed once.

    Attributes:
        mask: the actions that it covers.
        has_variables: whether ``${...}`` in its document is a variable.
        is_general: whether it says the same for every caller: no variable, and no condition on who calls.
        is_plain: whether ``${`` occurs neither in its resources nor in the values of its conditions.
    """

    statement: Statement
    mask: int
    has_variables: bool
    is_general: bool
    is_plain: bool


_OF_CALLERS = (
    "aws:principal", "aws:userid", "aws:username", "aws:tokenissuetime", "aws:federatedprovider", "aws:assumedroot",
    "aws:multifactorauth",
)  # fmt: skip


def _is_plain(statement: Statement) -> bool:
    if any("${" in pattern for pattern in statement.resources):
        return False
    return not any("${" in value for condition in statement.conditions for value in condition.values)


def _asks_who_calls(statement: Statement) -> bool:
    return any(condition.key.startswith(_OF_CALLERS) for condition in statement.conditions)


class Extract(msgspec.Struct, frozen=True, eq=False):
    """What of a document matters.

    Attributes:
        potential: the actions that its Allow statements cover.
        denied: those that its Deny statements cover.
        leaves_out: those that Allow statements with NotAction cover.
        unlimited: those that Allow statements cover on everything and without a condition.
        is_general: whether all its statements say the same for every caller.
        keys: the condition keys of its statements.
        has_variables: whether ``${`` occurs in its resources or the values of its conditions.
    """

    allows: tuple[Grant, ...]
    denies: tuple[Grant, ...]
    potential: int
    denied: int
    leaves_out: int = 0
    unlimited: int = 0
    is_general: bool = True
    keys: frozenset[str] = frozenset()
    has_variables: bool = False


_NOTHING = Extract((), (), 0, 0)
_extracts: dict[int, tuple[Policy, Extract]] = {}


def mask_of(statement: Statement) -> int:
    """The actions of the interest that a statement speaks of."""
    mask = 0
    for pattern in statement.actions:
        mask |= _pattern_mask(pattern)
    return interest().everything & ~mask if statement.not_actions else mask


def extract(policy: Policy) -> Extract:
    """The statements of a parsed document that matter; once for each document."""
    found = _extracts.get(id(policy))
    if found is not None and found[0] is policy:
        return found[1]
    made = _extract(policy)
    if len(_extracts) > 65536:
        _extracts.clear()
    _extracts[id(policy)] = (policy, made)
    return made


def _is_unlimited(statement: Statement) -> bool:
    if statement.conditions or statement.not_resources or "*" not in statement.resources:
        return False
    # A variable without a value makes the whole statement match nothing.
    return not any("${" in pattern for pattern in statement.resources)


def _extract(policy: Policy) -> Extract:
    allows: list[Grant] = []
    denies: list[Grant] = []
    potential = denied = leaves_out = unlimited = 0
    for statement in policy.statements:
        mask = mask_of(statement)
        if not mask:
            continue
        has_variables = policy.version != "2008-10-17"
        is_plain = _is_plain(statement)
        grant = Grant(statement, mask, has_variables, is_plain and not _asks_who_calls(statement), is_plain)
        if statement.allows:
            allows.append(grant)
            potential |= mask
            leaves_out |= mask if statement.not_actions else 0
            unlimited |= mask if _is_unlimited(statement) else 0
        else:
            denies.append(grant)
            denied |= mask
    if not allows and not denies:
        return _NOTHING
    grants = [*allows, *denies]
    conditional = [grant.statement for grant in grants if grant.statement.conditions]
    return Extract(
        allows=tuple(allows),
        denies=tuple(denies),
        potential=potential,
        denied=denied,
        leaves_out=leaves_out,
        unlimited=unlimited,
        is_general=all(grant.is_general for grant in grants),
        keys=frozenset(condition.key for statement in conditional for condition in statement.conditions),
        has_variables=not all(grant.is_plain for grant in grants),
    )
