"""Findings: what a rule said about one resource, and how it is identified across runs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

import msgspec

from scanner.inventory import Instant

Severity = Literal["critical", "high", "medium", "low", "info"]
Confidence = Literal["high", "medium", "low"]
Status = Literal["fail", "unknown"]
Acceptor = Literal["baseline", "config"]
State = Literal["new", "unchanged", "worse", "resolved"]
Phase = Literal["detect", "contain", "investigate", "eradicate"]

SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")
"""From the worst to the mildest."""

PHASES: tuple[Phase, ...] = ("detect", "contain", "investigate", "eradicate")

_FINGERPRINT_VERSION = 1


class Resource(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a finding is about; ``region`` is None for global resources."""

    arn: str
    type: str
    name: str
    account_id: str
    region: str | None = None


class Remediation(msgspec.Struct, frozen=True):
    """What to do: a sentence, commands that work as pasted, what they may break, and how to undo them."""

    text: str
    commands: tuple[str, ...] = ()
    breaks: str = ""
    undo: tuple[str, ...] = ()


class Control(msgspec.Struct, frozen=True, order=True):
    """A control of a compliance framework; ids move between versions, so the version is part of the name."""

    framework: str
    version: str
    control: str


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """Who said that a finding may stand, and for how long.

    Attributes:
        by: ``baseline`` for the committed baseline, ``config`` for a suppression in the configuration.
        expires: the last day on which it counts.
        expired: whether that day is over, so that the finding counts as if nobody had accepted it.
    """

    by: Acceptor
    reason: str
    owner: str
    expires: date
    expired: bool = False


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One verdict other than "pass".

    Attributes:
        fingerprint: identity across runs; see ``fingerprint``.
        status: ``fail``, or ``unknown`` where the facts needed for a verdict are missing.
        message: what was seen, for people.
        evidence: the facts behind the verdict; ``material`` is the set by which "worse" is told from "older".
        accepted: who said that it may stand; absent where nobody did.
        state: what became of it since a baseline or an earlier report; absent where there is nothing to compare with.
        since: when it was first seen open, or unknown, as far as the reports go back that were compared; absent where
            nothing was compared, or somebody accepted it.
    """

    fingerprint: str
    rule_id: str
    status: Status
    severity: Severity
    confidence: Confidence
    title: str
    message: str
    resource: Resource
    evidence: dict[str, Any]
    remediation: Remediation
    references: tuple[str, ...] = ()
    compliance: tuple[Control, ...] = ()
    accepted: Accepted | msgspec.UnsetType = msgspec.UNSET
    state: State | msgspec.UnsetType = msgspec.UNSET
    since: Instant | msgspec.UnsetType = msgspec.UNSET

    @property
    def is_accepted(self) -> bool:
        """Whether somebody said that it may stand, and that still counts."""
        return isinstance(self.accepted, Accepted) and not self.accepted.expired


def fingerprint(rule_id: str, partition: str, resource: Resource, discriminator: str = "") -> str:
    """The identity of a finding: 128 bits, as 32 hexadecimal digits.

    It hashes the rule, the resource and a discriminator where a rule can fail twice on one resource; never a message,
    a severity or a time, so that it stays the same while the finding stays the same.
    """
    identity: Sequence[object] = (
        _FINGERPRINT_VERSION, rule_id, partition, resource.account_id, resource.region or "global", resource.type,
        resource.arn, discriminator,
    )  # fmt: skip
    return hashlib.sha256(msgspec.json.encode(identity)).hexdigest()[:32]


def sort_key(finding: Finding) -> tuple[int, str, str, str, str, str, str]:
    """Order of findings in every report: severity, rule, account, region, resource, fingerprint.

    The message comes last, for facts that name one resource twice.
    """
    resource = finding.resource
    return (
        SEVERITIES.index(finding.severity), finding.rule_id, resource.account_id, resource.region or "", resource.arn,
        finding.fingerprint, finding.message,
    )  # fmt: skip


def at_or_above(severity: Severity, threshold: Severity) -> bool:
    """Whether a severity is as bad as the threshold, or worse."""
    return SEVERITIES.index(severity) <= SEVERITIES.index(threshold)
