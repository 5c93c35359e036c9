"""Ask rules about an account: count, and turn what was not collected into ``unknown``."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
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
    # A rule may be foreign code, and stdout is for data.
    with redirect_stdout(sys.stderr):
        for rule in sorted(rules, key=lambda rule: rule.id):
            places = listed.of(rule)
            if rule.where_watched and settings.declared.regions and not isinstance(places, Undetermined):
                places = places.watched(settings.declared)
            result, found = _judge_rule(account, rule, places, at, settings)
            results.append(result)
            findings += found
    return tuple(results), tuple(sorted(findings, key=sort_key))


class _Places(msgspec.Struct, frozen=True):
    """What rules with the same subjects are asked about, and where more of these may be."""

    subjects: tuple[Subject[Any], ...]
    unread: tuple[Unread, ...]

    def watched(self, declared: Declared) -> _Places:
        """Without those in regions in which the owner runs no detection services."""
        return _Places(
            tuple(each for each in self.subjects if _is_watched(each.resource, declared)),
            tuple(each for each in self.unread if _is_watched(each.resource, declared)),
        )


def _is_watched(resource: object, declared: Declared) -> bool:
    # What a rule of somebody's own is asked about may be anything; that it is wrong is said when it is asked.
    return not isinstance(resource, Resource) or resource.region is None or declared.watches(resource.region)


@dataclass(eq=False)
class _Subjects:
    """What rules are asked about: many rules ask about the same, which is listed once."""

    account: Account
    _lists: dict[Callable[[Account], object], _Places | Undetermined] = field(default_factory=dict)

    def of(self, rule: Rule) -> _Places | Undetermined:
        found = self._lists.get(rule.subjects)
        if found is None:
            found = self._lists[rule.subjects] = _attempt(rule, _listed, rule, self.account)
        return found


def _listed(rule: Rule, account: Account) -> _Places:
    found = list(rule.subjects(account))
    subjects = tuple([each for each in found if isinstance(each, Subject)])
    unread = tuple([each for each in found if isinstance(each, Unread)]) if len(subjects) < len(found) else ()
    if len(subjects) + len(unread) != len(found):
        raise TypeError("what a rule is asked about has to be a Subject")
    return _Places(subjects, unread)


class _Asking(msgspec.Struct, frozen=True, eq=False):
    """A rule as it is asked about one account: what all its findings share.

    Attributes:
        severity: the rule's own, or the one that it is set to.
        remapped: whether it is set to that.
        mending: the remediation of a finding that has no commands.
    """

    rule: Rule
    account: Account
    severity: Severity
    remapped: bool
    title: str
    mending: Remediation


def _asking(account: Account, rule: Rule, settings: Settings) -> _Asking:
    return _Asking(
        rule,
        account,
        settings.severities.get(rule.id, rule.severity),
        remapped=rule.id in settings.severities,
        title=rule.title,
        mending=Remediation(rule.documentation.fix, (), rule.documentation.breaks, ()),
    )


def _judge_rule(
    account: Account, rule: Rule, places: _Places | Undetermined, at: datetime, settings: Settings
) -> tuple[RuleResult, list[Finding]]:
    asking = _asking(account, rule, settings)
    scene = Scene(account, at, settings.parameters.get(rule.id) or rule.parameters(), settings.declared)
    findings: list[Finding] = []
    hit: Hit | Met | Undetermined | None
    passed = 0
    met: dict[str, None] = {}
    if isinstance(places, Undetermined):
        findings.append(_unknown(asking, account_resource(account), places, uncounted=True))
        places = _Places((), ())
    findings += [_unread(asking, each) for each in places.unread]
    check = rule.check
    for subject in places.subjects:
        # As _attempt does, without a further call for each subject of each rule.
        try:
            hit = check(subject.item, scene)
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
        findings.append(_found(asking, subject.resource, hit))
    failed = sum([finding.status == "fail" for finding in findings])
    result = RuleResult(
        rule_id=rule.id,
        title=asking.title,
        severity=asking.severity,
        family=rule.family,
        phase=rule.phase,
        evaluated=passed + len(findings),
        failed=failed,
        passed=passed,
        unknown=len(findings) - failed,
        met_by=tuple(sorted(met)[:_MOST_NAMED]),
    )
    return result, findings


def _found(asking: _Asking, resource: Resource, hit: Hit | Undetermined) -> Finding:
    if not _is_plain(resource):
        place = _attempt(asking.rule, _sound, Resource, resource)
        if isinstance(place, Undetermined):
            return _unknown(asking, account_resource(asking.account), place)
    if not isinstance(hit, Undetermined):
        told = _attempt(asking.rule, _fail, asking, resource, hit)
        if isinstance(told, Finding):
            return told
        hit = told
    return _unknown(asking, resource, hit)


def _is_plain(resource: Resource) -> bool:
    """Whether a resource holds nothing but texts, which nearly all do and which needs no closer look."""
    return (
        type(resource) is Resource
        and type(resource.arn) is str
        and type(resource.type) is str
        and type(resource.name) is str
        and type(resource.account_id) is str
        and (resource.region is None or type(resource.region) is str)
    )


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
    # Nothing else than details holds more than texts.
    if isinstance(said, Hit) and said.details:
        _try_to_write(written["details"])
    return msgspec.convert(written, kind)


def _try_to_write(written: object) -> None:
    try:
        msgspec.json.encode(written, order="sorted")
    except UnicodeEncodeError:
        # A name may hold half of a surrogate pair, which reports escape.
        return


def _fail(asking: _Asking, resource: Resource, given: Hit) -> Finding:
    rule, hit = asking.rule, _sound(Hit, given)
    mending = asking.mending
    if hit.commands or hit.undo:
        mending = Remediation(mending.text, hit.commands, mending.breaks, hit.undo)
    return Finding(
        fingerprint=fingerprint(rule.id, asking.account.partition, resource),
        rule_id=rule.id,
        status="fail",
        severity=asking.severity if asking.remapped else hit.severity or asking.severity,
        confidence=hit.confidence,
        title=asking.title,
        message=hit.message,
        resource=resource,
        # The details stay as they were given.
        evidence={"material": sorted(hit.material), **(given.details or {})},
        remediation=mending,
        references=rule.references,
        compliance=rule.controls,
    )


def _unread(asking: _Asking, place: Unread) -> Finding:
    sound = _attempt(asking.rule, _sound, Unread, place)
    if isinstance(sound, Undetermined):
        return _unknown(asking, account_resource(asking.account), sound, uncounted=True)
    return _unknown(asking, sound.resource, NotCollected(sound.gap), uncounted=True)


_READ_IT = Remediation("Let the scanner read what is missing, then scan again.")


@lru_cache(maxsize=1024)
def _allow_it(api: str) -> Remediation:
    return Remediation(f"Allow {permission_of(api)} for the scanning role, then scan again.")


def _unknown(asking: _Asking, resource: Resource, why: Undetermined, *, uncounted: bool = False) -> Finding:
    """A verdict that is missing: of one subject, or of an uncounted number of them that could not be listed."""
    rule = asking.rule
    gap = why.gap if isinstance(why, NotCollected) else None
    # A rule may give something else than a text as the reason.
    reason = str(why)
    evidence: dict[str, object] = {"material": [], "reason": reason}
    if uncounted:
        evidence["uncounted"] = True
    if gap is not None:
        evidence["not_collected"] = {"api": gap.api, "region": gap.region, "status": gap.status}
    return Finding(
        fingerprint=fingerprint(rule.id, asking.account.partition, resource),
        rule_id=rule.id,
        status="unknown",
        severity=asking.severity,
        confidence="high",
        title=asking.title,
        message=f"Not decided: {reason}",
        resource=resource,
        evidence=evidence,
        remediation=_allow_it(gap.api) if gap is not None and gap.status == "denied" else _READ_IT,
        references=rule.references,
        compliance=rule.controls,
    )
