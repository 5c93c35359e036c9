"""SARIF: where findings are, what is said of rules, and GitHub's limits."""

from __future__ import annotations

import json
from urllib.parse import unquote

import msgspec
import pytest

from guardrift.rule_texts import rule_texts
from reports import Beside, encoded, sarif_report
from reports.places import Place, stand_in, uri_of
from reports.sarif_rules import RuleText
from rules import RULES
from scanner.findings import Control, Finding, Resource
from tests.reports import sample
from tests.reports.sarif_form import log, notices, rule_of


def test_a_finding_stands_at_its_line_in_the_committed_file() -> None:
    first = sample.report().findings[0]

    def place_of(finding: Finding) -> Place | None:
        is_first = finding.fingerprint == first.fingerprint
        return Place("./guardrift-baseline/1111 2222/a#b.json", 42) if is_first else None

    physical = [
        result["locations"][0]["physicalLocation"] for result in log(sample.report(), place_of=place_of)["results"]
    ]

    assert physical[0] == {
        "artifactLocation": {"uri": "guardrift-baseline/1111%202222/a%23b.json"},
        "region": {"startLine": 42, "startColumn": 1, "endLine": 42, "endColumn": 2},
    }
    assert physical[1]["artifactLocation"]["uri"] == f"aws/{sample.ACCOUNT}/iam/root/root"


@pytest.mark.parametrize(
    ("resource", "uri"),
    [
        (Resource("arn:x", "AWS::IAM::Role", "deploy", "1"), "aws/1/iam/role/deploy"),
        (Resource("arn:x", "guardrift::Region", "eu-west-1", "1"), "aws/1/guardrift/region/eu-west-1"),
        (Resource("arn:x", "Thing", "a/../b c<>", "1"), "aws/1/resource/thing/a%2F..%2Fb%20c%3C%3E"),
        (Resource("arn:x", "AWS::IAM::Role", "..", ""), "aws/_/iam/role/_.."),
        (Resource("arn:x", "", "", "1"), "aws/1/resource/_/arn%3Ax"),
        (Resource("", "AWS::IAM::Role", "\ud800\u202e", "1"), "aws/1/iam/role/%5Cud800%5Cu202e"),
    ],
)
def test_a_path_stands_for_a_resource(resource: Resource, uri: str) -> None:
    assert stand_in(resource) == uri


def test_a_place_cannot_leave_the_repository() -> None:
    assert uri_of(Place("/../..//a/./b", 1)) == "_../_../a/b"
    assert unquote(uri_of(Place("ü %", 1))) == "ü %"


def test_the_same_fingerprint_twice_is_two_alerts() -> None:
    finding = sample.report().findings[0]
    results = log(sample.assemble((finding, finding), ()))["results"]

    hashes = [result["partialFingerprints"]["primaryLocationLineHash"] for result in results]
    assert hashes == [f"{finding.fingerprint}:1", f"{finding.fingerprint}:2"]


def test_the_documentation_of_a_rule() -> None:
    text = RuleText(
        "Keys leak.\nSoon.", "Use roles.", "Scripts.",
        ("http://x.example", "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html"),
        tuple(Control("CIS AWS", "7.0.0", f"1.{number}") for number in range(20)),
    )  # fmt: skip

    rule = rule_of(log(sample.report(), texts={"iam-user-key-old": text}), "iam-user-key-old")

    assert rule["fullDescription"] == {"text": "Keys leak. Soon."}
    assert rule["help"]["text"].startswith("Why: Keys leak.")
    assert "## Fix\n\nUse roles." in rule["help"]["markdown"]
    assert rule["helpUri"] == "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html"
    assert rule["properties"]["tags"][:5] == ["security", "aws", "iam", "eradicate", "cis-aws/7.0.0/1.0"]
    assert len(rule["properties"]["tags"]) == 10


def test_every_built_in_rule_can_be_told() -> None:
    texts = rule_texts()
    assert set(texts) == set(RULES)
    report = sample.report()
    rules = tuple(msgspec.structs.replace(report.rules[0], rule_id=rule_id) for rule_id in texts)

    run = log(msgspec.structs.replace(report, rules=rules), texts=texts)

    assert all("helpUri" in rule_of(run, rule_id) for rule_id in list(texts)[:30] if texts[rule_id].references)


def test_no_more_results_than_github_shows_and_the_worst_of_them() -> None:
    many = sample.large_report(5_010)
    worst = msgspec.structs.replace(many.findings[-1], severity="critical")
    run = log(msgspec.structs.replace(many, findings=(*many.findings[:-1], worst)))

    assert len(run["results"]) == 5_000
    assert run["results"][0]["partialFingerprints"]["guardrift/v1"] == worst.fingerprint
    assert notices(run, "left-out") == ["10 results left out, the mildest; JSON has them all"]


def test_no_larger_than_github_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif_report, "LARGEST", 20_000)
    report = sample.large_report(1_000)
    report = msgspec.structs.replace(
        report,
        findings=tuple(
            msgspec.structs.replace(finding, message=f"{finding.fingerprint * 3}{index**7}")
            for index, finding in enumerate(report.findings)
        ),
    )

    run = log(report)

    left = len(run["results"])
    assert 0 < left < 1_000
    assert notices(run, "left-out") == [f"{1_000 - left} results left out, the mildest; JSON has them all"]


def test_commands_are_as_they_are_to_be_pasted_or_left_out() -> None:
    finding = sample.report().findings[0]
    hidden = msgspec.structs.replace(finding.remediation, commands=("aws a \\\n  b", "aws \u202e", "x" * 5_000))
    report = sample.assemble((msgspec.structs.replace(finding, remediation=hidden),), ())

    assert log(report)["results"][0]["properties"]["commands"] == ["aws a \\\n  b"]


def test_a_link_in_a_name_is_none() -> None:
    finding = msgspec.structs.replace(sample.report().findings[0], message="[here](https://evil.example)")

    assert "](" not in sarif_report.render(sample.assemble((finding,), ()))


def test_what_is_told_beside_the_report() -> None:
    (content,) = encoded(".sarif", sample.report(), Beside(exit_code=1, place_of=lambda _: Place("a", 7)))

    (run,) = json.loads(content)["runs"]
    assert run["invocations"][0]["exitCode"] == 1
    assert run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] == 7
