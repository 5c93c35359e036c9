"""Suppressions: findings that the configuration lets stand, each with a reason, an owner and a last day.

A suppression never takes a finding away: it is marked, and counts again from the day after its last one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import UTC, date, datetime
from typing import Annotated

import msgspec

from scanner.engine.declared import AccountId, RegionName
from scanner.findings import Accepted, Finding
from scanner.iam.matching import matcher
from scanner.report import NoticeKind, SuppressionNotice

WARNING_DAYS = 14
"""How many days before its end it is said that a suppression will expire."""


def _text(longest: int) -> msgspec.Meta:
    return msgspec.Meta(min_length=1, max_length=longest, pattern=r"\S")


class Suppression(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of the configuration; a finding has to fit its rule, its account and its resource.

    Attributes:
        resource: a pattern for the whole ARN, in which ``*`` is any text and ``?`` any character; case counts, and
            every other character, brackets too, is itself.
        account: its id; a suppression is of one account.
        region: the only region whose findings may stand. Without it those of every region may; what is said of a
            region as such has the account as its resource, in which no pattern could tell regions apart.
        reason: why the findings may stand.
        owner: who answers for that.
        expires: the last day, in UTC, on which it counts.
    """

    rule: Annotated[str, _text(200)]
    resource: Annotated[str, _text(2048)]
    account: AccountId
    reason: Annotated[str, _text(1000)]
    owner: Annotated[str, _text(200)]
    expires: date
    region: RegionName | msgspec.UnsetType = msgspec.UNSET

    def fits(self, finding: Finding) -> bool:
        """Whether it is of a finding, be it expired or not."""
        return (
            self.rule == finding.rule_id
            and self.account == finding.resource.account_id
            and self.region in (msgspec.UNSET, finding.resource.region)
            and bool(matcher(self.resource)(finding.resource.arn))
        )

    @property
    def is_too_wide(self) -> bool:
        """Whether it takes in everything of an account or of a service: no part of a resource's name is given."""
        return not self.resource.split(":", 5)[-1].strip("*?")

    @property
    def can_fit(self) -> bool:
        """Whether some ARN can be matched: a name alone, such as ``role/app``, is the whole of none."""
        start = self.resource.replace("?", "*").split("*")[0]
        return start.startswith("arn:") or (start != self.resource and "arn:".startswith(start))


def days_left(expires: date, at: datetime) -> int:
    """How many days it still counts after today: 0 on its last day, less where that is over."""
    return (expires - at.astimezone(UTC).date()).days


def accepted(findings: Iterable[Finding], suppressions: Sequence[Suppression], at: datetime) -> tuple[Finding, ...]:
    """The findings in their order, those that are suppressed marked so; nothing else of them is changed.

    Of several suppressions the one counts that lasts longest. What is accepted otherwise stays as it is.
    """
    by_rule: defaultdict[tuple[str, str], list[Suppression]] = defaultdict(list)
    for suppression in sorted(suppressions, key=lambda each: each.expires, reverse=True):
        by_rule[suppression.rule, suppression.account].append(suppression)
    return tuple([_accepted(finding, by_rule, at) for finding in findings])


def _accepted(finding: Finding, by_rule: Mapping[tuple[str, str], Sequence[Suppression]], at: datetime) -> Finding:
    asked = by_rule.get((finding.rule_id, finding.resource.account_id), ())
    found = next((each for each in asked if each.fits(finding)), None)
    if found is None or finding.is_accepted:
        return finding
    expired = days_left(found.expires, at) < 0
    if expired and isinstance(finding.accepted, Accepted):
        return finding
    said = Accepted(by="config", reason=found.reason, owner=found.owner, expires=found.expires, expired=expired)
    return msgspec.structs.replace(finding, accepted=said)


def notices(
    suppressions: Sequence[Suppression],
    findings: Sequence[Finding],
    *,
    account_id: str,
    asked: Set[str],
    at: datetime,
) -> tuple[SuppressionNotice, ...]:
    """What is to be said of the suppressions of one account, after it was judged.

    That one is unused is said only where its rule was asked, and knew all its subjects: a resource that could not be
    listed may be the one it is for.

    Args:
        suppressions: all of the file.
        findings: of the account.
        account_id: the account.
        asked: the ids of the rules that were asked.
        at: the time at which it is decided what has expired.
    """
    by_rule: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_rule[finding.rule_id].append(finding)
    found = []
    for number, each in enumerate(suppressions):
        if each.account == account_id:
            mine = by_rule.get(each.rule, [])
            number_of = sum(map(each.fits, mine))
            kinds = _kinds(each, at)
            is_judged = each.rule in asked and not any(finding.evidence.get("uncounted") for finding in mine)
            if is_judged and not number_of and "expired" not in kinds:
                kinds.append("unused")
            found += [_notice(kind, number, each, number_of) for kind in kinds]
    return tuple(found)


def notices_of_file(suppressions: Sequence[Suppression], at: datetime) -> tuple[SuppressionNotice, ...]:
    """What can be said of suppressions of any account without looking into it."""
    return tuple(
        _notice(kind, number, each, 0) for number, each in enumerate(suppressions) for kind in _kinds(each, at)
    )


def _kinds(suppression: Suppression, at: datetime) -> list[NoticeKind]:
    left = days_left(suppression.expires, at)
    if left < 0:
        # It does nothing any more, so that nothing else of it matters.
        return ["expired"]
    found: list[NoticeKind] = ["expiring"] if left <= WARNING_DAYS else []
    return [*found, "too-wide"] if suppression.is_too_wide else found


def _notice(kind: NoticeKind, number: int, suppression: Suppression, findings: int) -> SuppressionNotice:
    return SuppressionNotice(
        kind=kind,
        number=number,
        rule_id=suppression.rule,
        resource=suppression.resource,
        account_id=suppression.account,
        region=None if suppression.region is msgspec.UNSET else suppression.region,
        owner=suppression.owner,
        expires=suppression.expires,
        findings=findings,
    )
