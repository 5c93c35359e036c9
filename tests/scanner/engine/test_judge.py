"""Asking rules: counts, severities, and every way to fail as a visible verdict."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import pytest

from scanner.engine import Hit, Met, NoParameters, Rule, Scene, Subject, Unread, rule
from scanner.engine.documentation import example_account
from scanner.engine.judge import Settings, judge
from scanner.engine.subjects import only, the_account, unlisted_regions
from scanner.findings import Finding, Resource, Severity
from scanner.inventory import Account, Gap, NotCollected, Undetermined
from scanner.report import RuleResult
from tests.accounts import NOW

ACCOUNT = example_account("{}")
GAP = Gap("ec2:DescribeInstances", "denied", "eu-west-1", "no")
OTHER_GAP = Gap("ec2:DescribeInstances", "throttled", "eu-west-1")

Check = Callable[[str, Scene["Limit"]], Hit | None]
Subjects = Callable[[Account], Iterator[Subject[str] | Unread]]


class Limit(NoParameters, frozen=True):
    """Parameters: ``limit`` is a number."""

    limit: int = 1


def resource(name: str, region: str | None = None) -> Resource:
    return Resource(f"arn:{name}", "Thing", name, ACCOUNT.account_id, region)


def named(*names: str) -> Subjects:
    return lambda _: (Subject(resource(name), name) for name in names)


def make(
    check: Check, subjects: Subjects | None = None, rule_id: str = "some-rule", severity: Severity = "medium"
) -> Rule:
    def checked(item: str, scene: Scene[Limit]) -> Hit | None:
        return check(item, scene)

    checked.__doc__ = "Title.\n\n" + "\n\n".join(
        f"## {section}\n```json\n{{}}\n```" for section in ("Why", "Fix", "Breaks", "Bad", "Good")
    )
    decorate = rule(
        rule_id,
        severity=severity,
        phase="detect",
        subjects=subjects or named("a", "b", "c"),
        apis=("ec2:DescribeInstances",),
        parameters=Limit,
    )
    return decorate(checked)


def asked(*rules: Rule, settings: Settings | None = None) -> tuple[tuple[RuleResult, ...], tuple[Finding, ...]]:
    return judge(ACCOUNT, rules, NOW, settings or Settings())


def by_name(item: str, _: Scene[Limit]) -> Hit | None:
    """Subject a fails, b passes, c is not decided."""
    if item == "c":
        raise Undetermined("c is hidden")
    return Hit("It is bad.", material=("bad", "also")) if item == "a" else None


def crash(_item: str, _scene: Scene[Limit]) -> Hit | None:
    raise KeyError("secret-value")


def test_each_subject_is_counted_once() -> None:
    (result,), findings = asked(make(by_name))

    assert (result.evaluated, result.failed, result.passed, result.unknown) == (3, 1, 1, 1)
    assert {(finding.resource.name, finding.status) for finding in findings} == {("a", "fail"), ("c", "unknown")}


def test_no_subjects_is_neither_passed_nor_unknown() -> None:
    (result,), findings = asked(make(by_name, named()))

    assert (result.evaluated, findings) == (0, ())


def test_twenty_thousand_subjects() -> None:
    names = ("a", "b") * 10_000
    (result,), findings = asked(make(by_name, named(*names)))

    assert (result.failed, result.passed) == (10_000, 10_000)
    assert len(findings) == 10_000


def test_a_failed_finding_says_all_that_the_rule_knows() -> None:
    hit = Hit("Bad.", material=("b", "a"), details={"n": 1}, commands=("do",), undo=("undo",), confidence="low")
    found = asked(make(lambda *_: hit, named("a")))[1][0]

    assert (found.status, found.message, found.confidence, found.title) == ("fail", "Bad.", "low", "Title")
    assert found.evidence == {"material": ["a", "b"], "n": 1}
    assert (found.remediation.commands, found.remediation.undo) == (("do",), ("undo",))


def test_a_gap_is_named_with_its_place() -> None:
    def check(item: str, _: Scene[Limit]) -> Hit | None:
        raise NotCollected(GAP)

    found = asked(make(check, named("a")))[1][0]

    assert found.status == "unknown"
    assert found.message == "Not decided: ec2:DescribeInstances was denied in eu-west-1 (no)"
    assert found.evidence["not_collected"] == {"api": GAP.api, "region": "eu-west-1", "status": "denied"}
    assert found.remediation.text == "Allow ec2:DescribeInstances for the scanning role, then scan again."


def test_only_a_denial_asks_for_a_permission() -> None:
    def check(item: str, _: Scene[Limit]) -> Hit | None:
        raise NotCollected(OTHER_GAP)

    assert "Allow" not in asked(make(check, named("a")))[1][0].remediation.text


def test_a_place_that_could_not_be_listed_is_uncounted() -> None:
    def subjects(_: Account) -> Iterator[Subject[str] | Unread]:
        yield Subject(resource("b"), "b")
        yield Unread(resource("eu-west-1", "eu-west-1"), GAP)

    (result,), (found,) = asked(make(by_name, subjects))

    assert (result.passed, result.unknown) == (1, 1)
    assert found.evidence["uncounted"] is True
    assert found.resource.region == "eu-west-1"


def test_a_list_that_is_missing_is_uncounted() -> None:
    def subjects(_: Account) -> Iterator[Subject[str] | Unread]:
        yield Subject(resource("b"), "b")
        raise NotCollected(GAP)

    (result,), (found,) = asked(make(by_name, subjects))

    assert (result.evaluated, result.passed, result.unknown) == (1, 0, 1)
    assert found.evidence["uncounted"] is True


def test_a_subject_that_is_not_decided_is_counted() -> None:
    _, findings = asked(make(by_name, named("c")))

    assert "uncounted" not in findings[0].evidence


@pytest.mark.parametrize("fault", [KeyError("secret-value"), RecursionError(), TypeError(), AssertionError()])
def test_a_rule_that_crashes_is_unknown_and_keeps_facts_to_itself(fault: Exception) -> None:
    def check(item: str, _: Scene[Limit]) -> Hit | None:
        raise fault

    (result,), findings = asked(make(check))

    assert (result.evaluated, result.unknown) == (3, 3)
    assert type(fault).__name__ in findings[0].message
    assert "secret-value" not in str(findings)


def test_the_crash_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="scanner"):
        asked(make(crash, named("a")))

    assert "some-rule" in caplog.text


def test_subjects_that_crash_are_unknown() -> None:
    def subjects(_: Account) -> Iterator[Subject[str] | Unread]:
        raise ZeroDivisionError

    (result,), (found,) = asked(make(by_name, subjects))

    assert (result.evaluated, result.unknown) == (1, 1)
    assert "ZeroDivisionError" in found.message


@pytest.mark.parametrize("strange", [5, None, "a"])
def test_subjects_that_are_none_are_a_defect_and_end_no_scan(strange: object) -> None:
    def subjects(_: Account) -> Iterator[Subject[str] | Unread]:
        yield Subject(resource("a"), "a")
        yield strange  # type: ignore[misc]  # what a careless rule may do

    (result, other), found = asked(make(by_name, subjects), make(by_name, named("a"), rule_id="some-rule-b"))

    assert (result.evaluated, result.unknown) == (1, 1)
    assert "TypeError" in found[0].message
    assert other.evaluated == 1


@pytest.mark.parametrize("answer", [True, False, "bad", 0, ()])
def test_an_answer_that_is_no_hit_is_a_defect_and_not_a_pass(answer: object) -> None:
    def check(item: str, _: Scene[Limit]) -> Hit | None:
        return answer  # type: ignore[return-value]  # what a careless rule may do

    (result,), _ = asked(make(check, named("a")))

    assert (result.passed, result.unknown) == (0, 1)


def test_an_interruption_is_not_swallowed() -> None:
    def check(item: str, _: Scene[Limit]) -> Hit | None:
        raise KeyboardInterrupt

    def subjects(_: Account) -> Iterator[Subject[str] | Unread]:
        raise KeyboardInterrupt

    for interrupted in (make(check, named("a")), make(by_name, subjects)):
        with pytest.raises(KeyboardInterrupt):
            asked(interrupted)


@pytest.mark.parametrize("leaving", [SystemExit(0), SystemExit("boom"), GeneratorExit()])
def test_a_rule_cannot_end_the_scan(leaving: BaseException) -> None:
    def check(item: str, _: Scene[Limit]) -> Hit | None:
        raise leaving

    def subjects(_: Account) -> Iterator[Subject[str] | Unread]:
        raise leaving

    results, findings = asked(make(check), make(by_name, subjects, rule_id="some-rule-b"))

    assert [(result.passed, result.unknown) for result in results] == [(0, 3), (0, 1)]
    assert all(type(leaving).__name__ in found.message for found in findings)


_WRONG: dict[str, object] = {
    "severity": Hit("m", material=(), severity="bogus"),  # type: ignore[arg-type]  # what a careless rule may do
    "confidence": Hit("m", material=(), confidence="sure"),  # type: ignore[arg-type]  # the same
    "message": Hit(5, material=()),  # type: ignore[arg-type]  # the same
    "commands": Hit("m", material=(), commands="rm -rf"),  # type: ignore[arg-type]  # the same
    "material": Hit("m", material="abc"),  # type: ignore[arg-type]  # the same
    "details": Hit("m", material=(), details={"x": object()}),
    "a key": Hit("m", material=(), details={1: "x"}),  # type: ignore[dict-item]  # the same
    "a key within": Hit("m", material=(), details={"x": {1: "y"}}),
    "by nothing": Met(None),  # type: ignore[arg-type]  # the same
    "by a number": Met((1, "a")),  # type: ignore[arg-type]  # the same
    "by a list": Met(([],)),  # type: ignore[arg-type]  # the same
}


@pytest.mark.parametrize("said", _WRONG.values(), ids=_WRONG.keys())
def test_an_answer_that_holds_something_else_is_a_defect_and_ends_no_scan(said: object) -> None:
    def check(item: str, _: Scene[Limit]) -> Hit | None:
        return said  # type: ignore[return-value]  # the same

    results, findings = asked(make(check, named("a")), make(by_name, rule_id="some-rule-b"))

    assert [(result.passed, result.failed, result.unknown) for result in results] == [(0, 0, 1), (1, 1, 1)]
    assert any("a defect of the rule" in found.message for found in findings)


def test_what_is_evidence_stays_as_it_was_given() -> None:
    details: dict[str, object] = {"ports": (22, 443), "name": "half \ud800 a pair"}
    (found,) = asked(make(lambda *_: Hit("m", material=("x",), details=details), named("a")))[1]

    assert found.status == "fail"
    assert found.evidence == {"material": ["x"], **details}


@pytest.mark.parametrize(
    "place",
    [Subject("x", "c"), Unread("x", "y"), Unread(resource("x"), "y"), Subject(Resource(5, "t", "n", "1"), "c")],  # type: ignore[arg-type]  # the same
)
def test_a_subject_without_a_name_is_a_defect_and_ends_no_scan(place: Subject[str] | Unread) -> None:
    def subjects(_: Account) -> Iterator[Subject[str] | Unread]:
        yield place
        yield Subject(resource("b"), "b")
        yield Subject(resource("c"), "c")

    (result,), findings = asked(make(by_name, subjects))

    assert (result.passed, result.unknown) == (1, 2)
    assert {found.resource.name for found in findings} == {ACCOUNT.account_id, "c"}


def test_a_reason_that_is_no_text_is_told_as_one() -> None:
    def check(item: str, _: Scene[Limit]) -> Hit | None:
        raise Undetermined(ValueError("odd"))  # type: ignore[arg-type]  # the same

    (found,) = asked(make(check, named("a")))[1]

    assert (found.message, found.evidence["reason"]) == ("Not decided: odd", "odd")


def test_one_rule_that_crashes_leaves_the_others_alone() -> None:
    results, _ = asked(make(by_name), make(crash, rule_id="a-crashing-rule"))

    assert [(result.rule_id, result.unknown) for result in results] == [("a-crashing-rule", 3), ("some-rule", 1)]


def severities(settings: Settings, hit_severity: Severity | None) -> set[tuple[str, str]]:
    def check(item: str, scene: Scene[Limit]) -> Hit | None:
        if item == "c":
            raise Undetermined("hidden")
        return Hit("Bad.", material=("bad",), severity=hit_severity)

    return {(found.status, found.severity) for found in asked(make(check), settings=settings)[1]}


@pytest.mark.parametrize(
    ("remapped", "hit_severity", "expected"),
    [
        (None, None, ("medium", "medium")),
        (None, "critical", ("critical", "medium")),
        ("low", None, ("low", "low")),
        ("low", "critical", ("low", "low")),
        ("critical", "info", ("critical", "critical")),
    ],
)
def test_the_configured_severity_has_the_last_word(
    remapped: Severity | None, hit_severity: Severity | None, expected: tuple[str, str]
) -> None:
    settings = Settings(severities={"some-rule": remapped} if remapped else {})

    assert severities(settings, hit_severity) == {("fail", expected[0]), ("unknown", expected[1])}


def test_the_severity_of_another_rule_does_not_matter() -> None:
    assert severities(Settings(severities={"other-rule": "info"}), None) == {("fail", "medium"), ("unknown", "medium")}


def test_parameters_reach_the_rule() -> None:
    def check(item: str, scene: Scene[Limit]) -> Hit | None:
        return Hit("Bad.", material=("bad",)) if scene.parameters.limit > 1 else None

    assert asked(make(check))[0][0].failed == 0
    assert asked(make(check), settings=Settings({"some-rule": Limit(2)}))[0][0].failed == 3


def test_the_fingerprint_depends_on_neither_text_nor_time_nor_severity() -> None:
    def saying(text: str, severity: Severity) -> Rule:
        return make(lambda *_: Hit(text, material=(text,), severity=severity), named("a"))

    one = judge(ACCOUNT, [saying("one", "low")], NOW, Settings())[1][0]
    other = judge(ACCOUNT, [saying("other", "high")], NOW.replace(year=2030), Settings())[1][0]

    assert one.fingerprint == other.fingerprint


def test_a_verdict_that_becomes_unknown_keeps_its_identity() -> None:
    failed = asked(make(lambda *_: Hit("Bad.", material=()), named("a")))[1][0]
    unknown = asked(make(crash, named("a")))[1][0]

    assert failed.fingerprint == unknown.fingerprint


def test_only_keeps_what_could_not_be_read() -> None:
    def subjects(_: Account) -> Iterator[Subject[str] | Unread]:
        yield Subject(resource("a"), "a")
        yield Unread(resource("eu-west-1"), GAP)

    found = list(only(subjects, lambda item: item != "a")(ACCOUNT))

    assert [(type(item), item.resource.name) for item in found] == [(Unread, "eu-west-1")]


def test_an_account_without_regions_has_unlisted_ones() -> None:
    listed = example_account('{"regions": [{"name": "eu-west-1"}]}')

    assert [unread.gap.api for unread in unlisted_regions(ACCOUNT)] == ["ec2:DescribeRegions"]
    assert list(unlisted_regions(listed)) == []
    assert len(list(the_account(ACCOUNT))) == 1
