"""Accepted findings: on what terms, what "worse" is, and what goes when it is fixed."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from scanner.baseline import AcceptedFinding, Terms, accept, compare, marked, material_of, prune, terms
from scanner.baseline.accepted import added
from scanner.errors import UsageError
from scanner.findings import Accepted, Finding, Resource, Status
from scanner.inventory import CoverageRow
from scanner.report import Report, RuleResult
from tests.accounts import OWN, account, report

TODAY = date(2026, 11, 22)
ON = Terms(reason="TICKET-9", owner="platform", expires=date(2027, 5, 20), today=TODAY)
EMPTY = report(account({}))
WHOLE = msgspec.structs.replace(EMPTY.summary, complete=True)
REFUSED = CoverageRow(account_id=OWN, region="global", api="iam:ListRoles", status="denied", calls=1)


def finding(
    material: tuple[str, ...] = ("a", "b"),
    *,
    severity: str = "medium",
    status: Status = "fail",
    region: str | None = None,
    missing: str = "",
    **changes: Any,
) -> Finding:
    evidence: dict[str, Any] = {"material": list(material)}
    if missing:
        evidence["not_collected"] = {"api": missing, "region": "eu-west-1", "status": "denied"}
    facts: dict[str, Any] = {
        "fingerprint": "0" * 32,
        "rule_id": "some-rule",
        "status": status,
        "severity": severity,
        "confidence": "high",
        "title": "Something is wrong",
        "message": "It was wrong for 400 days",
        "resource": {"arn": "arn:r", "type": "T", "name": "r", "account_id": OWN, "region": region},
        "evidence": evidence,
        "remediation": {"text": "Mend it"},
        **changes,
    }
    return msgspec.convert(facts, Finding)


def accepted(*findings: Finding) -> tuple[AcceptedFinding, ...]:
    return accept(findings, ON)


COMPARED = [
    ("as it was", finding(), "unchanged"),
    ("a day older", finding(message="It was wrong for 401 days"), "unchanged"),
    ("in another order", finding(("b", "a")), "unchanged"),
    ("less of it", finding(("a",)), "unchanged"),
    ("milder", finding(severity="low"), "unchanged"),
    ("a grant more", finding(("a", "b", "c")), "worse"),
    ("another grant in place of one", finding(("a", "c")), "worse"),
    ("graver", finding(severity="high"), "worse"),
    ("not known any more", finding((), status="unknown", missing="iam:X"), "new"),
    ("another finding", finding(fingerprint="1" * 32), "new"),
]


@pytest.mark.parametrize(("now", "state"), [case[1:] for case in COMPARED], ids=[case[0] for case in COMPARED])
def test_what_became_of_it(now: Finding, state: str) -> None:
    (before,) = accepted(finding())

    assert compare(now, before) == state


def test_nobody_accepted_it() -> None:
    assert compare(finding(), None) == "new"


def test_what_was_unknown() -> None:
    (before,) = accepted(finding((), status="unknown", missing="iam:X"))

    assert before.material == ("not read: iam:X in eu-west-1",)
    assert compare(finding((), status="unknown", missing="iam:X"), before) == "unchanged"
    assert compare(finding((), status="unknown", missing="s3:Y"), before) == "worse"
    assert compare(finding(()), before) == "worse"


def test_two_findings_of_one_fingerprint_are_accepted_together() -> None:
    one, other = finding(("a",), severity="low"), finding(("b",), severity="high")

    (both,) = accepted(one, other)

    assert (both.material, both.severity) == (("a", "b"), "high")
    assert [compare(each, both) for each in (one, other)] == ["unchanged", "unchanged"]
    assert accepted(one, other) == accepted(other, one)
    (failed,) = accepted(finding((), status="unknown"), one)
    assert failed.status == "fail"


def test_what_is_accepted_anew_takes_the_place_of_the_old() -> None:
    more = accept([finding(("a", "b", "c"))], ON)

    assert added(accepted(finding()), more) == more


def test_material_that_is_no_list() -> None:
    assert material_of(finding(evidence={"material": "abc"})) == frozenset()
    assert material_of(finding(evidence={})) == frozenset()


@pytest.mark.parametrize(
    ("reason", "owner", "expires", "fault"),
    [
        (" ", "o", date(2027, 1, 1), "--reason"),
        ("r", "", date(2027, 1, 1), "--owner"),
        ("r" * 1001, "o", date(2027, 1, 1), "--reason"),
        ("r", "o", date(2026, 11, 21), "in the past"),
        ("r", "o", date(2027, 11, 23), "more than 365 days ahead"),
    ],
)
def test_terms_that_are_refused(reason: str, owner: str, expires: date, fault: str) -> None:
    with pytest.raises(UsageError, match=fault):
        terms(reason, owner, expires, today=TODAY)


@pytest.mark.parametrize("expires", [TODAY, date(2027, 11, 22)])
def test_terms_at_the_edge(expires: date) -> None:
    assert terms(" r ", "o", expires, today=TODAY).reason == "r"


def test_the_last_day_counts() -> None:
    (each,) = accepted(finding())

    assert not each.is_expired(date(2027, 5, 20))
    assert each.is_expired(date(2027, 5, 21))


def reported(*findings: Finding, rules: tuple[str, ...] = ("some-rule",), regions: tuple[str, ...] = ()) -> Report:
    results = [
        RuleResult(rule_id=rule, title="t", severity="low", family="f", phase="detect", evaluated=0, failed=0, passed=0,
                   unknown=0)
        for rule in rules
    ]  # fmt: skip
    run = msgspec.structs.replace(EMPTY.run, regions=regions)
    return msgspec.structs.replace(EMPTY, findings=findings, rules=tuple(results), run=run, summary=WHOLE, coverage=())


UNREAD = finding((), status="unknown", fingerprint="9" * 32, evidence={"material": [], "uncounted": True})
UNREAD_THERE = msgspec.structs.replace(UNREAD, resource=Resource("arn:x", "T", "x", OWN, "eu-west-1"))
PRUNED = [
    ("fixed", finding(), reported(), "fixed"),
    ("still there", finding(), reported(finding()), "kept"),
    ("worse is still there", finding(), reported(finding(("a", "b", "c"))), "kept"),
    ("less of it", finding(), reported(finding(("a",))), "narrowed"),
    ("milder", finding(), reported(finding(severity="low")), "narrowed"),
    ("unknown now", finding(), reported(finding((), status="unknown")), "kept"),
    ("the rule was not asked", finding(), reported(rules=()), "not_seen"),
    ("its subjects could not be listed", finding(), reported(UNREAD), "not_seen"),
    ("nor in one region", finding(), reported(UNREAD_THERE), "not_seen"),
    ("fixed in a region", finding(region="eu-west-1"), reported(regions=("eu-west-1",)), "fixed"),
    ("the region was not asked", finding(region="eu-west-1"), reported(regions=("us-east-1",)), "not_seen"),
    ("the region could not be listed", finding(region="eu-west-1"),
     reported(UNREAD_THERE, regions=("eu-west-1",)), "not_seen"),
    ("another region could not be listed", finding(region="us-east-1"),
     reported(UNREAD_THERE, regions=("eu-west-1", "us-east-1")), "fixed"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "now", "end"), [case[1:] for case in PRUNED], ids=[case[0] for case in PRUNED])
def test_what_goes_when_it_is_fixed(before: Finding, now: Report, end: str) -> None:
    (one,) = accepted(before)

    found = prune([one], now)

    assert found.fixed == ((one,) if end == "fixed" else ())
    assert found.not_seen == ((one,) if end == "not_seen" else ())
    assert found.narrowed == ((one,) if end == "narrowed" else ())
    assert len(found.kept) == (end != "fixed")
    if end == "kept":
        assert found.kept == (one,)


def test_a_fact_that_was_fixed_is_worse_when_it_is_back() -> None:
    (one,) = prune(accepted(finding()), reported(finding(("a",), severity="low"))).kept

    assert (one.material, one.severity) == (("a",), "low")
    assert compare(finding(), one) == "worse"


PARTIAL = [
    ("an answer was refused", msgspec.structs.replace(reported(finding(("a",))), coverage=(REFUSED,))),
    ("a verdict is unknown",
     msgspec.structs.replace(reported(finding(("a",))), summary=msgspec.structs.replace(WHOLE, complete=False))),
    ("a region was not asked", reported(finding(("a",)), regions=("us-east-1",))),
    ("it is unknown in part", reported(finding(("a",)), finding((), status="unknown"))),
]  # fmt: skip


@pytest.mark.parametrize("now", [case[1] for case in PARTIAL], ids=[case[0] for case in PARTIAL])
def test_no_fact_goes_that_could_not_be_seen(now: Report) -> None:
    before = accepted(finding())

    found = prune(before, now, ("us-east-1", "eu-west-1") if now.run.regions else ())

    assert (found.kept, found.narrowed) == (before, ())


def test_what_was_accepted_as_unknown_is_never_narrowed() -> None:
    before = accepted(finding(("a", "b"), status="unknown", missing="iam:X"))

    assert prune(before, reported(finding((), status="unknown", missing="s3:Y"))).kept == before


def test_nothing_is_ever_added() -> None:
    found = prune((), reported(finding()))

    assert found.kept == ()


def test_findings_are_marked() -> None:
    expired = accept([finding(fingerprint="2" * 32)], msgspec.structs.replace(ON, expires=date(2026, 11, 21)))
    by_config = Accepted(by="config", reason="r", owner="o", expires=date(2027, 1, 1))
    now = [
        finding(("a",)),
        finding(("a",), fingerprint="1" * 32),
        finding(fingerprint="2" * 32),
        msgspec.structs.replace(finding(), accepted=by_config),
        finding(("c",)),
    ]

    found = marked(now, [*accepted(finding()), *expired], TODAY)

    assert [each.state for each in found] == ["unchanged", "new", "unchanged", "unchanged", "worse"]
    assert [each.is_accepted for each in found] == [True, False, False, True, False]
    assert isinstance(found[0].accepted, Accepted)
    assert (found[0].accepted.by, found[0].accepted.reason) == ("baseline", "TICKET-9")
    assert isinstance(found[2].accepted, Accepted)
    assert found[2].accepted.expired
    assert found[3].accepted == by_config
