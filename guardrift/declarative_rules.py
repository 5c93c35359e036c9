"""Rules written in TOML: a JMESPath predicate over one kind of subject, for the simple cases."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from guardrift.json_schema import json_schema
from guardrift.predicates import Predicate, PredicateFault, plain
from guardrift.schema_faults import faults_of
from scanner.engine import Hit, NoParameters, Rule, Scene, Subject, Unread
from scanner.engine.documentation import Documentation
from scanner.engine.subjects import account_resource, active_access_keys, in_regions, regions, roles, the_account, users
from scanner.errors import UsageError
from scanner.findings import Control, Phase, Resource, Severity
from scanner.inventory import (
    AccessKey,
    Account,
    Alarm,
    Detector,
    EventRule,
    Group,
    Instance,
    InstanceProfile,
    LaunchTemplateVersion,
    ManagedPolicy,
    Region,
    Role,
    Trail,
    User,
    known,
)

_List = Callable[[Account], Iterator[Subject[Any] | Unread]]


class _Kind(msgspec.Struct, frozen=True):
    """A kind of subject: what it is, how it is listed, and the actions that fill it."""

    fact: type[msgspec.Struct]
    list: _List
    apis: tuple[str, ...]


def _in(part: str, kind: str, *, arn: str = "arn", name: str = "name") -> _List:
    def resource(account: Account, region: Region, item: Any) -> Resource:
        own = getattr(item, arn, None) or account_resource(account, region.name).arn
        return Resource(own, kind, getattr(item, name), account.account_id, region.name)

    return in_regions(lambda region: getattr(region, part), resource)


def _global(part: str, kind: str) -> _List:
    def subjects(account: Account) -> Iterator[Subject[Any] | Unread]:
        for item in known(getattr(account, part)):
            yield Subject(Resource(item.arn, kind, item.name, account.account_id), item)

    return subjects


_DETAILS = "iam:GetAccountAuthorizationDetails"
_SUMMARY = ("iam:GenerateCredentialReport", "iam:GetCredentialReport")
_TRAILS = (
    "cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors",
    "cloudtrail:GetInsightSelectors",
)  # fmt: skip
KINDS: dict[str, _Kind] = {
    "account": _Kind(Account, the_account, ("iam:GetAccountSummary",)),
    "users": _Kind(User, users, (_DETAILS,)),
    "roles": _Kind(Role, roles, (_DETAILS,)),
    "groups": _Kind(Group, _global("groups", "AWS::IAM::Group"), (_DETAILS,)),
    "policies": _Kind(ManagedPolicy, _global("policies", "AWS::IAM::ManagedPolicy"), (_DETAILS,)),
    "access-keys": _Kind(
        AccessKey, active_access_keys, (_DETAILS, *_SUMMARY, "iam:ListAccessKeys", "iam:GetAccessKeyLastUsed")
    ),
    "instance-profiles": _Kind(
        InstanceProfile, _global("instance_profiles", "AWS::IAM::InstanceProfile"), ("iam:ListInstanceProfiles",)
    ),
    "regions": _Kind(Region, regions, ("ec2:DescribeInstances",)),
    "instances": _Kind(Instance, _in("instances", "AWS::EC2::Instance", name="id"), ("ec2:DescribeInstances",)),
    "launch-templates": _Kind(
        LaunchTemplateVersion,
        _in("launch_templates", "AWS::EC2::LaunchTemplate"),
        ("ec2:DescribeLaunchTemplateVersions",)
    ),
    "trails": _Kind(Trail, _in("trails", "AWS::CloudTrail::Trail"), _TRAILS),
    "detectors": _Kind(
        Detector,
        _in("detectors", "AWS::GuardDuty::Detector", name="id"),
        ("guardduty:ListDetectors", "guardduty:GetDetector")
    ),
    "event-rules": _Kind(
        EventRule, _in("event_rules", "AWS::Events::Rule"), ("events:ListRules", "events:ListTargetsByRule")
    ),
    "alarms": _Kind(Alarm, _in("alarms", "AWS::CloudWatch::Alarm"), ("cloudwatch:DescribeAlarms",)),
}  # fmt: skip

Kind = Literal[
    "account", "users", "roles", "groups", "policies", "access-keys", "instance-profiles", "regions", "instances",
    "launch-templates", "trails", "detectors", "event-rules", "alarms",
]  # fmt: skip


class TomlControl(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A control of a compliance framework."""

    framework: str
    version: str
    control: str


class TomlRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule.

    Attributes:
        id: words in lower case with hyphens.
        title: one line, what is wrong where it fails.
        severity: of its findings.
        phase: the phase of an incident for which it makes ready.
        subjects: what it is asked about.
        fails: a JMESPath expression on the subject that is true where it fails, and false where it passes.
        applies: a JMESPath expression; where it is false, the subject is left out.
        message: what a finding says; the title where it is empty.
        why: what an attacker makes of it.
        fix: what to do.
        breaks: what doing it may break.
        apis: further API actions whose answers the expressions read.
        references: https addresses.
        controls: compliance controls that ask the same.
        bad: parts of snapshots, as JSON texts, in which it must fail.
        good: parts of snapshots, as JSON texts, in which it must stay silent.
    """

    id: str
    title: str
    severity: Severity
    phase: Phase
    subjects: Kind
    fails: str
    why: str
    fix: str
    bad: tuple[str, ...]
    good: tuple[str, ...]
    applies: str = "`true`"
    message: str = ""
    breaks: str = "Nothing that is known."
    apis: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    controls: tuple[TomlControl, ...] = ()


class TomlRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of a file of rules."""

    version: Literal[1]
    rule: tuple[TomlRule, ...]


def read_rules(path: Path, written: bytes) -> list[Rule]:
    """The rules of a TOML file, which holds these bytes; raises ``UsageError`` with the place of every fault."""
    try:
        content = tomllib.loads(written.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise UsageError(f"{path} is not TOML: {fault}", "Mend the line that is named.") from None
    except RecursionError:
        raise UsageError(f"{path} is nested too deeply", "No key of a rule holds more than lists of tables.") from None
    faults = faults_of(content, json_schema(TomlRules, "rules"))
    if faults:
        raise UsageError(f"{path}: {'; '.join(faults[:5])}", "'guardrift schema rules' prints what is allowed.")
    return [_rule(rule, path) for rule in msgspec.convert(content, TomlRules).rule]


def _rule(written: TomlRule, path: Path) -> Rule:
    kind = KINDS[written.subjects]
    place = f"{path}: rule {written.id}"
    fails = _predicate(written.fails, kind, f"{place}: fails")
    applies = _predicate(written.applies, kind, f"{place}: applies")
    if not written.bad or not written.good:
        raise UsageError(f"{place} has no examples", "Give a bad and a good one; 'guardrift rules test' runs them.")

    def check(item: Any, _: Scene[NoParameters]) -> Hit | None:
        facts = plain(item)
        if not applies.holds(facts) or not fails.holds(facts):
            return None
        return Hit(written.message or f"{written.title}.", material=(written.fails,))

    return Rule(
        id=written.id,
        severity=written.severity,
        phase=written.phase,
        family=path.stem.replace("_", "-"),
        subjects=kind.list,
        check=check,
        apis=tuple(dict.fromkeys((*kind.apis, *written.apis))),
        controls=tuple(sorted(Control(each.framework, each.version, each.control) for each in written.controls)),
        references=written.references,
        parameters=NoParameters,
        documentation=Documentation(
            title=written.title.rstrip("."),
            why=written.why,
            fix=written.fix,
            breaks=written.breaks,
            bad=written.bad,
            good=written.good,
        ),
    )


def _predicate(text: str, kind: _Kind, place: str) -> Predicate:
    try:
        return Predicate(text, kind.fact)
    except PredicateFault as fault:
        raise UsageError(
            f"{place}: {fault}", "The expression is JMESPath; 'guardrift rules new --toml' writes one that works."
        ) from None
