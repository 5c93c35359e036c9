"""What is wrong with the event pattern of an alert rule: it never matches, or chooses something else than was meant.

Source: "Creating Amazon EventBridge event patterns" in the EventBridge User Guide, and "Processing GuardDuty findings
with Amazon EventBridge" in the GuardDuty User Guide.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from scanner.events.samples import CREDENTIAL_FINDINGS, EVASION, PERSISTENCE

Weight = Literal["medium", "low"]


class Fault(msgspec.Struct, frozen=True, order=True):
    """One thing that is wrong with a pattern.

    Attributes:
        token: a stable word, with the place where that matters.
        text: the same as a sentence.
        weight: ``low`` where the rule still takes what it should.
    """

    token: str
    text: str
    weight: Weight = "medium"


_TOP = ("version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail", "replay-name")
_OF_FINDINGS = (
    "schemaVersion", "accountId", "region", "partition", "id", "arn", "type", "resource", "service", "severity",
    "createdAt", "updatedAt", "title", "description", "confidence", "associatedAttackSequenceArn",
    "customDetectionRuleName",
)  # fmt: skip
_DETAIL_TYPES = (
    "GuardDuty Finding", "AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail",
    "AWS Service Event via CloudTrail", "AWS Health Event", "Security Hub Findings - Imported",
    "Security Hub Findings - Custom Action", "Security Hub Insight Results", "Access Analyzer Finding",
)  # fmt: skip
_OF_OTHERS = (
    "Backdoor:EC2/C&CActivity.B", "Backdoor:EC2/DenialOfService.Dns", "Backdoor:EC2/DenialOfService.Tcp",
    "CryptoCurrency:EC2/BitcoinTool.B", "CryptoCurrency:Runtime/BitcoinTool.B", "Trojan:EC2/DGADomainRequest.B",
    "Trojan:EC2/DGADomainRequest.C!DNS", "Trojan:EC2/DriveBySourceTraffic!DNS",
    "Impact:EC2/MaliciousDomainRequest.Reputation", "Impact:EC2/AbusedDomainRequest.Reputation",
)  # fmt: skip
_TYPES = frozenset({*(kind for kind, _ in CREDENTIAL_FINDINGS), *_OF_OTHERS})
"""Types of findings as GuardDuty writes them: all that speak of credentials, and others that have a suffix."""

_CALLS = {name.lower(): name for _, name in (*PERSISTENCE, *EVASION)} | {"consolelogin": "ConsoleLogin"}
_GLOBAL = frozenset({"aws.iam", "aws.organizations", "aws.cloudfront", "aws.route53"})
"""Services whose calls are told in one region of the partition only."""

ELSEWHERE = "place:global"
"""The token of a rule that waits for calls in a region in which they are never told."""

_HOME_OF_GLOBAL = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
_TENTHS = tuple(tenth / 10 for tenth in range(10, 91))


def lint(pattern: str, partition: str = "aws", region: str = "") -> tuple[Fault, ...]:
    """What is wrong with a pattern, sorted; nothing where it is no JSON object, which EventBridge refuses.

    Args:
        pattern: as the rule has it.
        partition: of the account.
        region: of the rule, empty where events of other regions are forwarded to it.
    """
    try:
        found = json.loads(pattern)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(found, dict):
        return ()
    return tuple(
        sorted({*_of_keys(found), *_of_texts(found), *_of_findings(found), *_of_place(found, partition, region)})
    )


def excludes_archived(pattern: str) -> bool:
    """Whether a pattern for findings leaves out those that somebody archived."""
    try:
        found = json.loads(pattern)
    except (ValueError, RecursionError):
        return False
    archived = _at(found, "detail", "service", "archived")
    return isinstance(archived, list) and True not in archived and "true" not in archived


def is_about_findings(pattern: str) -> bool:
    """Whether a pattern is meant for findings of GuardDuty, by its source or detail type, however they are spelt."""
    try:
        found = json.loads(pattern)
        return isinstance(found, dict) and _speaks_of_findings(found)
    except (ValueError, RecursionError):
        return False


def _speaks_of_findings(pattern: Mapping[str, Any]) -> bool:
    kinds = json.dumps(_spelt_as(pattern, "detailtype")).lower()
    if "cloudtrail" in kinds:
        return False
    if "guardduty" in kinds or "guardduty" in json.dumps(_spelt_as(pattern, "source")).lower():
        return True
    ways = pattern.get("$or")
    return isinstance(ways, list) and any(isinstance(way, dict) and _speaks_of_findings(way) for way in ways)


def _spelt_as(pattern: Mapping[str, Any], plain: str) -> list[Any]:
    """What a pattern asks of a key, in whatever letters it has that."""
    return [value for key, value in pattern.items() if key.lower().replace("-", "").replace("_", "") == plain]


def home_of_global(partition: str) -> str | None:
    """The region of a partition in which calls on global services are told."""
    return _HOME_OF_GLOBAL.get(partition)


def _of_keys(pattern: Mapping[str, Any]) -> Iterator[Fault]:
    """Keys that no event has, since it writes them in another way."""
    for key in pattern:
        if key not in _TOP and key != "$or":
            yield Fault(f"key:{key}", f"No event has the key {key}{_meant(key, _TOP)}.")
    detail = pattern.get("detail")
    if not isinstance(detail, dict):
        return
    for key in detail:
        meant = _meant(key, _OF_FINDINGS) if _is_of_findings(pattern) else ""
        if meant or (key[:1].isupper() and not key.isupper() and _writes_small(pattern)):
            yield Fault(
                f"key:detail.{key}",
                f"The detail of these events has no key {key}{meant or ', but one that begins with a small letter'}.",
            )


def _meant(key: str, known: tuple[str, ...]) -> str:
    """The key that was meant, where it exists in another spelling."""
    plain = key.lower().replace("-", "").replace("_", "")
    other = next((each for each in known if each.lower().replace("-", "") == plain and each != key), "")
    return f", but {other}" if other else ""


def _writes_small(pattern: Mapping[str, Any]) -> bool:
    """Whether the keys of the events begin with small letters, as those of findings, calls and Health do."""
    return _is_of_findings(pattern) or any(
        "via CloudTrail" in text or text == "AWS Health Event" for text in _texts(pattern.get("detail-type"))
    )


def _of_texts(pattern: Mapping[str, Any]) -> Iterator[Fault]:
    """Texts that are compared as they are, and equal nothing."""
    for text in _texts(pattern.get("source")):
        if text.lower() in {"guardduty", "aws.guardduty", "amazon.guardduty"} and text != "aws.guardduty":
            yield Fault("source:unknown", f"No event has the source {text}, but aws.guardduty.")
    for text in _texts(pattern.get("detail-type")):
        other = next((each for each in _DETAIL_TYPES if _same(each, text) and each != text), None)
        if other:
            yield Fault("detail-type:unknown", f"No event has the detail type {text}, but {other}.")
    for text in _texts(_at(pattern, "detail", "eventName")):
        other = _CALLS.get(text.lower())
        if other and other != text:
            yield Fault(f"call:{text}", f"CloudTrail writes {other}, not {text}.")
    for field in (
        ("source",),
        ("detail-type",),
        ("detail", "eventName"),
        ("detail", "eventSource"),
        ("detail", "type"),
    ):
        for text in _texts(_at(pattern, *field)):
            if "*" in text:
                where = ".".join(field)
                yield Fault(
                    f"star:{text}",
                    f"{text} in {where} is compared as it is: a star means nothing without the operator wildcard.",
                )


def _same(one: str, other: str) -> bool:
    return one.lower().rstrip("s") == other.lower().strip().rstrip("s")


def _of_findings(pattern: Mapping[str, Any]) -> Iterator[Fault]:
    if not _is_of_findings(pattern):
        return
    for text in _texts(_at(pattern, "detail", "type")):
        fault = _of_type(text)
        if fault:
            yield fault
    severities = _at(pattern, "detail", "severity")
    if isinstance(severities, list):
        yield from _of_severities(severities)
    if "detail-type" not in pattern:
        yield Fault(
            "detail-type:missing",
            "It does not name the detail type GuardDuty Finding, so that it also looks at other events of GuardDuty.",
            "low",
        )


def _of_type(text: str) -> Fault | None:
    if text in _TYPES or "*" in text:
        return None
    longer = sorted(kind for kind in _TYPES if kind.startswith((f"{text}.", f"{text}!")))
    if longer:
        return Fault(f"type:{text}", f"No finding has the type {text}, but {' or '.join(longer)}.")
    if text.endswith(("/", ":")) or "/" not in text:
        return Fault(
            f"type:{text}", f"{text} is compared with the whole type: the beginning of one needs the operator prefix."
        )
    return None


def _of_severities(values: list[Any]) -> Iterator[Fault]:
    exact = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if any(isinstance(value, str) for value in values):
        yield Fault("severity:text", "The severity of a finding is a number, and equals no text.")
    if exact and not all(tenth in exact for tenth in _TENTHS if tenth >= min(exact)):
        listed = ", ".join(str(value) for value in exact[:5]) + (" and others" if len(exact) > 5 else "")
        yield Fault(
            "severity:exact",
            f"The severity is compared with single numbers ({listed}); what lies between or above is left out.",
        )


def _of_place(pattern: Mapping[str, Any], partition: str, region: str) -> Iterator[Fault]:
    """Calls on global services are told in one region, whatever region they concern."""
    home = home_of_global(partition)
    sources = set(_texts(pattern.get("source")))
    calls = any("via CloudTrail" in text for text in _texts(pattern.get("detail-type")))
    if home and region and region != home and calls and sources and sources <= _GLOBAL:
        yield Fault(ELSEWHERE, f"Calls on {', '.join(sorted(sources))} are told in {home}, never in {region}.")


def _is_of_findings(pattern: Mapping[str, Any]) -> bool:
    """Whether it takes findings of GuardDuty; events of CloudTrail have the same source."""
    kinds = _texts(pattern.get("detail-type"))
    if any("cloudtrail" in kind.lower() for kind in kinds):
        return False
    return any(_same(kind, "GuardDuty Finding") for kind in kinds) or any(
        "guardduty" in text.lower() for text in _texts(pattern.get("source"))
    )


def _at(pattern: Any, *keys: str) -> Any:
    for key in keys:
        pattern = pattern.get(key) if isinstance(pattern, dict) else None
    return pattern


def _texts(values: Any) -> list[str]:
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
