"""Ask rules about an account: count, and turn what was not collected into ``unknown``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

import msgspec

from scanner.actions import permission_of
from scanner.engine.declared import Declared
from scanner.engine.rule import Hit, Met, NoParameters, Rule, Scene
from scanner.engine.subjects import Subject, Unread, account_resource
from scanner.findings import Finding, Remediation, Resource, Severity, fingerprint, sort_key
from scanner.inventory import Account, NotCollected, Undetermined
from scanner.report import RuleResult

logger = logging.getLogger(__name__)

_MOST_NAMED = 20

T = TypeVar("T")
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Settings:
    """How rules are set for a run: parameters and severities that differ from the rule's own, by rule id.

    ``declared`` is what the owner says of the account.
    """

    parameters: Mapping[str, NoParameters] = field(default_factory=dict)
    severities: Mapping[str, Severity] = field(default_factory=dict)
    declared: Declared = field(default_factory=Declared)


def judge(
    account: Account, rules: Sequence[Rule], at: datetime, settings: Settings
) -> tuple[tuple[RuleResult, ...], tuple[Finding, ...]]:
    """Ask every rule about every subject.

    Returns:
        One result per rule, in the order of their ids, and the findings in report order.
    """
    results, findings = [], []
    listed = _Subjects(account)
    for rule in sorted(rules, key=lambda rule: rule.id):
        result, found = _judge_rule(account, rule, listed.of(rule), at, settings)
        results.append(result)
        findings += found
    return tuple(results), tuple(sorted(findings, key=sort_key))


_Listed = list[Subject[Any] | Unread] | Undetermined


@dataclass(eq=False)
class _Subjects:
    """What rules are asked about: many rules ask about the same, which is listed once."""

    account: Account
    _lists: dict[Callable[[Account], object], _Listed] = field(default_factory=dict)

    def of(self, rule: Rule) -> _Listed:
        found = self._lists.get(rule.subjects)
        if found is None:
            found = self._lists[rule.subjects] = _attempt(rule, _listed, rule, self.account)
        return found


def _listed(rule: Rule, account: Account) -> list[Subject[Any] | Unread]:
    found = list(rule.subjects(account))
    if not all(isinstance(subject, Subject | Unread) for subject in found):
        raise TypeError("what a rule is asked about has to be a Subject")
    return found


def _judge_rule(
    account: Account, rule: Rule, subjects: _Listed, at: datetime, settings: Settings
) -> tuple[RuleResult, list[Finding]]:
    severity = settings.severities.get(rule.id, rule.severity)
    scene = Scene(account, at, settings.parameters.get(rule.id) or rule.parameters(), settings.declared)
    remapped = rule.id in settings.severities
    findings: list[Finding] = []
    hit: Hit | Met | Undetermined | None
    passed = 0
    met: dict[str, None] = {}
    if isinstance(subjects, Undetermined):
        findings.append(_unknown(rule, severity, account, account_resource(account), subjects, uncounted=True))
        subjects = []
    for subject in subjects:
        if isinstance(subject, Unread):
            findings.append(_unread(rule, severity, account, subject))
            continue
        # As _attempt does, without a further call for each subject of each rule.
        try:
            hit = rule.check(subject.item, scene)
        except Undetermined as undetermined:
            hit = undetermined
        except KeyboardInterrupt:
            raise
        except BaseException as fault:  # the rule is foreign code: not even sys.exit in it may end the scan
            logger.debug("rule %s failed", rule.id, exc_info=True)
            hit = _defect(fault)
        if hit is None:
            passed += 1
            continue
        if isinstance(hit, Met):
            hit = _attempt(rule, _sound, Met, hit)
        if isinstance(hit, Met):
            passed += 1
            met.update(dict.fromkeys(hit.by))
            continue
        findings.append(_found(rule, severity, account, subject.resource, hit, remapped=remapped))
    failed = sum(finding.status == "fail" for finding in findings)
    result = RuleResult(
        rule_id=rule.id,
        title=rule.title,
        severity=severity,
        family=rule.family,
        phase=rule.phase,
        evaluated=passed + len(findings),
        failed=failed,
        passed=passed,
        unknown=len(findings) - failed,
        met_by=tuple(sorted(met)[:_MOST_NAMED]),
    )
    return result, findings


def _found(
    rule: Rule, severity: Severity, account: Account, resource: Resource, hit: Hit | Undetermined, *, remapped: bool
) -> Finding:
    place = _attempt(rule, _sound, Resource, resource)
    if isinstance(place, Undetermined):
        return _unknown(rule, severity, account, account_resource(account), place)
    if not isinstance(hit, Undetermined):
        told = _attempt(rule, _fail, rule, severity, account, resource, hit, remapped=remapped)
        if isinstance(told, Finding):
            return told
        hit = told
    return _unknown(rule, severity, account, resource, hit)


def _attempt(rule: Rule, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Undetermined:
    """A step of a rule, with every way to fail as a value: a rule that crashes must not look like one that passed."""
    try:
        return step(*args, **kwargs)
    except Undetermined as undetermined:
        return undetermined
    except KeyboardInterrupt:
        raise
    except BaseException as fault:  # the rule is foreign code: not even sys.exit in it may end the scan
        logger.debug("rule %s failed", rule.id, exc_info=True)
        return _defect(fault)


def _defect(fault: BaseException) -> Undetermined:
    return Undetermined(f"the rule itself failed with {type(fault).__name__}: this is a defect of the rule")


def _sound(kind: type[T], said: object) -> T:
    """What a rule gave, if it is of its type to the last field, and JSON can hold it; raises what is wrong with it.

    Only what ends in a report is looked at so, which most of what rules are asked does not.
    """
    if not isinstance(said, kind):
        raise TypeError(f"a rule has to give a {kind.__name__}")
    written = msgspec.to_builtins(said)
    # A name may hold half of a surrogate pair, which reports escape.
    with suppress(UnicodeEncodeError):
        msgspec.json.encode(written, order="sorted")
    return msgspec.convert(written, kind)


def _fail(rule: Rule, severity: Severity, account: Account, resource: Resource, hit: Hit, *, remapped: bool) -> Finding:
    hit = msgspec.structs.replace(_sound(Hit, hit), details=hit.details)
    return Finding(
        fingerprint=fingerprint(rule.id, account.partition, resource),
        rule_id=rule.id,
        status="fail",
        severity=severity if remapped else hit.severity or severity,
        confidence=hit.confidence,
        title=rule.title,
        message=hit.message,
        resource=resource,
        evidence={"material": sorted(hit.material), **(hit.details or {})},
        remediation=Remediation(rule.documentation.fix, hit.commands, rule.documentation.breaks, hit.undo),
        references=rule.references,
        compliance=rule.controls,
    )


def _unread(rule: Rule, severity: Severity, account: Account, place: Unread) -> Finding:
    sound = _attempt(rule, _sound, Unread, place)
    if isinstance(sound, Undetermined):
        return _unknown(rule, severity, account, account_resource(account), sound, uncounted=True)
    return _unknown(rule, severity, account, sound.resource, NotCollected(sound.gap), uncounted=True)


_READ_IT = Remediation("Let the scanner read what is missing, then scan again.")


def _unknown(
    rule: Rule,
    severity: Severity,
    account: Account,
    resource: Resource,
    why: Undetermined,
    *,
    uncounted: bool = False,
) -> Finding:
    """A verdict that is missing: of one subject, or of an uncounted number of them that could not be listed."""
    gap = why.gap if isinstance(why, NotCollected) else None
    # A rule may give something else than a text as the reason.
    reason = str(why)
    evidence: dict[str, object] = {"material": [], "reason": reason}
    if uncounted:
        evidence["uncounted"] = True
    if gap is not None:
        evidence["not_collected"] = {"api": gap.api, "region": gap.region, "status": gap.status}
    remediation = _READ_IT
    if gap is not None and gap.status == "denied":
        remediation = Remediation(f"Allow {permission_of(gap.api)} for the scanning role, then scan again.")
    return Finding(
        fingerprint=fingerprint(rule.id, account.partition, resource),
        rule_id=rule.id,
        status="unknown",
        severity=severity,
        confidence="high",
        title=rule.title,
        message=f"Not decided: {reason}",
        resource=resource,
        evidence=evidence,
        remediation=remediation,
        references=rule.references,
        compliance=rule.controls,
    )
