"""Which controls of a framework are in scope, and which rules ask the same: the compliance view.

Numbers and levels are those of the versions named; the titles are ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from rules import RULES
from scanner.engine import Rule
from scanner.findings import Control

FRAMEWORKS: dict[str, str] = {
    "cis": "CIS AWS Foundations",
    "nist-csf": "NIST CSF",
    "well-architected": "AWS Well-Architected",
    "attack": "MITRE ATT&CK",
}
"""Short names of frameworks, as options take them, and the names that findings carry."""


SCOPE: dict[str, str] = {
    FRAMEWORKS["cis"]: (
        "In scope are its controls on identity, logging, monitoring and instance metadata. Out of scope are those on "
        "storage, databases and networks, since they say nothing about whether leaked credentials would be noticed and "
        "stopped, which is what guardrift is for."
    ),
}
"""What is in scope of the frameworks whose controls are listed here, and why the rest is not."""

MAPPED = (
    "The rules are mapped to these controls, as help in ordering findings. The framework has more of them, and no rule "
    "decides one of these by itself."
)
"""What is said of the other frameworks."""


class ScopedControl(msgspec.Struct, frozen=True):
    """A control that is in scope.

    Attributes:
        control: its number.
        title: what it asks.
        level: ``L1`` or ``L2``; empty where the framework has none.
        undecidable: why no rule decides it, or what the rules leave open; empty where they decide all of it.
    """

    control: str
    title: str
    level: str = ""
    undecidable: str = ""


class ControlCoverage(msgspec.Struct, frozen=True):
    """A control with the rules that decide it, by id; none for one that is not decidable."""

    control: ScopedControl
    rules: tuple[str, ...]


class Coverage(msgspec.Struct, frozen=True):
    """Controls of a framework, in its order.

    Attributes:
        is_listed: whether the framework's controls are listed here; else these are the ones that some rule names.
        narrowed_to: how many rules were chosen; None where all of them were. Of chosen rules only those controls are
            told that they decide.
    """

    framework: str
    version: str
    controls: tuple[ControlCoverage, ...]
    is_listed: bool
    narrowed_to: int | None


_TITLES = {
    "contact": "The contact details of the account are current",
    "security-contact": "A security contact is registered",
    "root-key": "The root user has no access key",
    "root-mfa": "The root user has MFA",
    "root-hardware": "The MFA of the root user is hardware",
    "root-use": "The root user is not used for daily work",
    "length": "Passwords have 14 characters or more",
    "reuse": "Passwords are not re-used",
    "mfa": "Users with a password have MFA",
    "setup-key": "No access key is made together with a console user",
    "unused": "Credentials unused for 45 days are disabled",
    "one-key": "A user has one active access key at most",
    "rotation": "Access keys are rotated within 90 days",
    "groups": "Users get permissions through groups only",
    "administration": "No attached policy allows everything on everything",
    "support": "A role exists for incidents handled with AWS Support",
    "instance-roles": "Instances reach AWS by roles",
    "certificates": "Expired certificates are removed from IAM",
    "analyzer": "An external Access Analyzer is active in every region",
    "federation": "People are managed centrally, by federation or an organization",
    "cloudshell": "AWSCloudShellFullAccess is restricted",
    "trail": "CloudTrail records in all regions",
    "validation": "Log files are validated",
    "config": "AWS Config records in all regions",
    "bucket-logging": "The bucket of the trail has access logging",
    "trail-key": "Trails are encrypted with a KMS key",
    "key-rotation": "Customer-made symmetric KMS keys are rotated",
    "flow-logs": "VPCs have flow logs",
    "writes": "Writes to objects in S3 are recorded",
    "reads": "Reads of objects in S3 are recorded",
    "m-calls": "Refused API calls are monitored",
    "m-sign-in": "Sign-ins without MFA are monitored",
    "m-root": "Use of the root user is monitored",
    "m-policies": "Changes of IAM policies are monitored",
    "m-trail": "Changes of CloudTrail are monitored",
    "m-failures": "Failed console sign-ins are monitored",
    "m-keys": "Disabling and deletion of customer KMS keys is monitored",
    "m-buckets": "Changes of S3 bucket policies are monitored",
    "m-config": "Changes of AWS Config are monitored",
    "m-organization": "Changes of the organization are monitored",
    "hub": "Security Hub is on",
    "imds": "Instances allow IMDSv2 only",
}

_CURRENT = "that the details are filled in is decided; whether they are current, people have to say"
_PEOPLE = "whether people sign in through it is seen by users with a password; Identity Center itself is not read"
_SCOPE = "decided for the keys of logging and detection, which are the ones that are read"


def _controls(
    numbers: Mapping[str, str], levels: Mapping[str, str], told: Mapping[str, str]
) -> dict[str, ScopedControl]:
    return {
        number: ScopedControl(number, _TITLES[key], levels.get(key, "L1"), told.get(key, ""))
        for key, number in numbers.items()
    }


_LEVEL_2 = dict.fromkeys(
    (
        "root-hardware", "instance-roles", "federation", "validation", "config", "trail-key", "key-rotation",
        "flow-logs", "writes", "reads", "m-calls", "m-failures", "m-keys", "m-config", "hub",
    ),
    "L2",
)  # fmt: skip
_TOLD = {"contact": _CURRENT, "federation": _PEOPLE, "key-rotation": _SCOPE}

_CIS_7 = {
    "contact": "2.2", "security-contact": "2.3", "root-key": "2.4", "root-mfa": "2.5", "root-hardware": "2.6",
    "root-use": "2.7", "length": "2.8", "reuse": "2.9", "mfa": "2.10", "unused": "2.11", "rotation": "2.12",
    "groups": "2.13", "administration": "2.14", "support": "2.15", "instance-roles": "2.16", "certificates": "2.17",
    "analyzer": "2.18", "federation": "2.19", "cloudshell": "2.20", "trail": "4.1", "validation": "4.2",
    "config": "4.3", "bucket-logging": "4.4", "trail-key": "4.5", "key-rotation": "4.6", "flow-logs": "4.7",
    "writes": "4.8", "reads": "4.9", "m-calls": "5.1", "m-sign-in": "5.2", "m-root": "5.3", "m-policies": "5.4",
    "m-trail": "5.5",
    "m-failures": "5.6", "m-keys": "5.7", "m-buckets": "5.8", "m-config": "5.9", "m-organization": "5.15",
    "hub": "5.16", "imds": "6.7",
}  # fmt: skip

_CIS_5 = {
    "contact": "1.1", "security-contact": "1.2", "root-key": "1.3", "root-mfa": "1.4", "root-hardware": "1.5",
    "root-use": "1.6", "length": "1.7", "reuse": "1.8", "mfa": "1.9", "setup-key": "1.10", "unused": "1.11",
    "one-key": "1.12", "rotation": "1.13", "groups": "1.14", "administration": "1.15", "support": "1.16",
    "instance-roles": "1.17", "certificates": "1.18", "analyzer": "1.19", "federation": "1.20", "cloudshell": "1.21",
    "trail": "3.1", "validation": "3.2", "config": "3.3", "bucket-logging": "3.4", "trail-key": "3.5",
    "key-rotation": "3.6", "flow-logs": "3.7", "writes": "3.8", "reads": "3.9", "m-calls": "4.1", "m-sign-in": "4.2",
    "m-root": "4.3", "m-policies": "4.4", "m-trail": "4.5", "m-failures": "4.6", "m-keys": "4.7", "m-buckets": "4.8",
    "m-config": "4.9", "m-organization": "4.15", "hub": "4.16", "imds": "5.7",
}  # fmt: skip

_ORGANIZATION_7 = (
    ScopedControl("2.1.1", "Access of root users is managed centrally in the organization", "L2"),
    ScopedControl("2.1.2", "Every account of the organization has authorization guardrails", "L2"),
    ScopedControl("2.1.3", "The management account runs no workloads"),
    ScopedControl("2.1.5", "A delegated administrator manages the policies of the organization", "L2"),
    ScopedControl("2.1.6", "Integrated services have delegated administrators", "L2"),
    ScopedControl(
        "2.21",
        "Resource policies admit nobody without limits",
        "L1",
        "decided for what logging and alerting depend on: trail buckets, topics, queues, functions, event buses, keys; "
        "other resources are not read",
    ),
)

IN_SCOPE: dict[tuple[str, str], dict[str, ScopedControl]] = {
    (FRAMEWORKS["cis"], "7.0.0"): {
        **{control.control: control for control in _ORGANIZATION_7},
        **_controls(_CIS_7, _LEVEL_2, _TOLD),
    },
    (FRAMEWORKS["cis"], "5.0.0"): _controls(_CIS_5, _LEVEL_2, _TOLD),
}
"""The controls in scope by framework, version and number, for the frameworks whose controls can be listed."""


def versions(framework: str, rules: Iterable[Rule]) -> tuple[str, ...]:
    """The versions of a framework that are known, the newest first."""
    named = {version for name, version in IN_SCOPE if name == framework}
    named |= {control.version for rule in rules for control in rule.controls if control.framework == framework}
    return tuple(sorted(named, key=_numbers, reverse=True))


def coverage(framework: str, version: str, rules: Iterable[Rule]) -> Coverage:
    """The controls of a framework, each with those of the rules that decide it.

    Without some built-in rule nothing can be said of the controls that no rule decides, which are then left out.
    """
    deciding: dict[str, list[str]] = {}
    chosen = {rule.id: rule for rule in rules}
    for rule in chosen.values():
        for control in rule.controls:
            if (control.framework, control.version) == (framework, version):
                deciding.setdefault(control.control, []).append(rule.id)
    is_narrowed = not chosen.keys() >= RULES.keys()
    scoped = IN_SCOPE.get((framework, version), {})
    named = {number: scoped.get(number, ScopedControl(number, "")) for number in deciding}
    if not is_narrowed:
        named = {**named, **scoped}
    ordered = sorted(named.values(), key=lambda control: (_numbers(control.control), control.control))
    return Coverage(
        framework,
        version,
        tuple(ControlCoverage(control, tuple(sorted(deciding.get(control.control, ())))) for control in ordered),
        is_listed=bool(scoped),
        narrowed_to=len(chosen) if is_narrowed else None,
    )


def maps_to(rule: Rule, framework: str, version: str | None = None) -> bool:
    """Whether a rule decides a control of a framework, in a version if one is given."""
    return any(_is_of(control, framework, version) for control in rule.controls)


def _is_of(control: Control, framework: str, version: str | None) -> bool:
    return control.framework == framework and version in {None, control.version}


def _numbers(text: str) -> tuple[int, ...]:
    """The numbers in a version or a control, by which these are sorted as people read them."""
    digits = "".join(character if character.isdigit() else " " for character in text)
    return tuple(map(int, digits.split()))
