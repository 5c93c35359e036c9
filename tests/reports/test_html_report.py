from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from importlib import resources
from time import process_time

import msgspec
import pytest

from reports import WRITERS, html_report, json_report
from reports.links import link
from scanner.inventory import CoverageRow
from tests.reports import sample
from tests.reports.markup import Page

HTML = WRITERS[".html"]


def page(html: str) -> Page:
    """The page as parsed."""
    return Page(html)


def sources(suffix: str) -> Iterator[str]:
    """The texts of our templates with this suffix."""
    for path in (resources.files("reports") / "templates").iterdir():
        if path.name.endswith(suffix):
            yield path.read_text(encoding="utf-8")


def test_the_policy_comes_first_and_allows_exactly_our_style_and_script() -> None:
    html = HTML(sample.report())
    parsed = page(html)

    def digest(tag: str) -> str:
        return base64.b64encode(hashlib.sha256(parsed.code[tag].encode()).digest()).decode()

    assert html.index("<head>\n<meta http-equiv") < html.index("charset")
    assert parsed.metas[0] == {
        "http-equiv": "Content-Security-Policy",
        "content": f"default-src 'none'; style-src 'sha256-{digest('style')}'; "
        f"script-src 'sha256-{digest('script')}'; img-src data:; base-uri 'none'; form-action 'none'",
    }
    assert {"name": "referrer", "content": "no-referrer"} in parsed.metas


def test_nothing_is_styled_or_scripted_inline() -> None:
    names = {name for tag in page(HTML(sample.report())).shape for name in tag[1:]}
    assert not [name for name in names if name == "style" or name.startswith("on")]


def test_only_our_style_and_script_are_exempt_from_escaping() -> None:
    templates = "".join(sources(".j2"))
    assert re.findall(r"\{\{[^}]*\|\s*safe[^}]*\}\}", templates) == ["{{ style|safe }}", "{{ script|safe }}"]
    assert "autoescape" not in templates


def test_the_script_builds_no_markup() -> None:
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|Function\(|\.on[a-z]+ *="
    (script,) = sources(".js")
    assert not re.search(forbidden, script)


def test_the_digest_of_the_json_report_is_in_the_footer() -> None:
    digest = hashlib.sha256(json_report.render(sample.report()).encode()).hexdigest()
    assert digest in page(HTML(sample.report())).text


def test_each_finding_can_be_linked_to() -> None:
    html = HTML(sample.report())
    for finding in sample.report().findings:
        assert html.count(f'id="f-{finding.fingerprint}"') == 1


def test_hidden_characters_are_shown() -> None:
    text = page(HTML(sample.report())).text
    assert r"user/<b>legacy</b>\u202e/backup" in text
    assert r"line 1\nline 2" in text


def test_findings_share_a_heading_only_if_they_share_the_advice() -> None:
    one, two, three = sample.large_report(3).findings
    other = msgspec.structs.replace(three.remediation, breaks="Something else.")
    report = sample.assemble((one, two, msgspec.structs.replace(three, remediation=other)), ())
    text = page(HTML(report)).text
    assert text.count("Something else.") == 1
    assert text.count("What to do:") == 2
    assert "2 findings" in text


def test_commands_keep_their_lines() -> None:
    assert "environment \\\n    --policy-name pass " in page(HTML(sample.report())).text


def test_a_report_that_was_read_back_gives_the_same_page() -> None:
    report = sample.report()
    assert HTML(json_report.parse(json_report.render(report).encode())) == HTML(report)


def test_the_shell_is_small() -> None:
    assert len(HTML(sample.empty_report()).encode()) < 60_000


def test_above_the_limit_the_worst_are_shown_and_the_rest_is_announced() -> None:
    report = sample.large_report(html_report.MOST_FINDINGS + 500)
    mildest = msgspec.structs.replace(report.findings[7], severity="info")
    report = msgspec.structs.replace(report, findings=(*report.findings[:7], mildest, *report.findings[8:]))
    started = process_time()
    html = HTML(report)
    assert process_time() - started < 20, "a page of 3,000 findings takes around a second on an idle machine"
    assert html.count("<article") == html_report.MOST_FINDINGS
    assert f"f-{mildest.fingerprint}" not in html
    assert "the 3,000 worst verdicts; 500 more are in the JSON report only" in html
    assert len(html) / html_report.MOST_FINDINGS < 2_500


def test_failures_that_found_no_place_on_the_page_are_not_denied() -> None:
    unknowns = tuple(
        msgspec.structs.replace(finding, status="unknown", severity="critical")
        for finding in sample.large_report(html_report.MOST_FINDINGS).findings
    )
    low = next(finding for finding in sample.report().findings if finding.severity == "low")
    html = HTML(sample.assemble((*unknowns, low), ()))
    assert "No findings" not in html
    assert "None on this page; the JSON report has them." in html


def test_evidence_that_is_too_much_is_cut_and_says_so() -> None:
    nested: object = "end"
    for _ in range(40):
        nested = {"deeper": nested}
    evidence = {"long": "x" * 5_000, "many": list(range(100)), "nested": nested, "keys": dict.fromkeys("abc", True)}
    finding = msgspec.structs.replace(sample.report().findings[0], evidence=evidence)
    text = page(HTML(sample.assemble((finding,), ()))).text
    assert "x … and 1,000 more characters in the JSON report" in text
    assert "and 40 more in the JSON report" in text
    assert "nested deeper: see the JSON report" in text
    assert "x" * 4_001 not in text


def test_several_accounts_are_told_apart() -> None:
    report = sample.report()
    run = msgspec.structs.replace(report.run, accounts=(sample.ACCOUNT, "444455556666"))
    text = page(HTML(msgspec.structs.replace(report, run=run))).text
    assert "AWS accounts 111122223333, 444455556666" in text
    assert "AWS::EC2::Instance, eu-west-1, account 111122223333" in text


def test_the_ledger_begins_with_what_was_not_read() -> None:
    html = HTML(sample.report())
    assert html.index("What was not read: 3 of 10 rows of the ledger.") < html.index("7 rows read without failure")
    denied = CoverageRow(account_id=sample.ACCOUNT, region="*", api="ec2:DescribeRegions", status="denied")
    assert "What was not read: 1 of 1 row of the ledger." in HTML(sample.assemble((), (denied,)))


@pytest.mark.parametrize(
    "reference",
    [
        "http://docs.aws.amazon.com/x",
        "https://docs.aws.amazon.com.evil.example/",
        "https://docs.aws.amazon.com@evil.example/",
        "https://docs.aws.amazon.com:8443/",
        "https://DOCS.aws.amazon.com/",
        "https://github.com\\@evil.example/",
        "https://github.com/\n",
        "https://github.com/\u202e",
        'https://github.com/"onmouseover="alert(1)',
        "javascript:alert(1)//https://github.com/",
        " https://github.com/",
        "https://example.com/",
        "",
    ],
)
def test_other_references_stay_text(reference: str) -> None:
    assert link(reference) is None


@pytest.mark.parametrize(
    "reference",
    [
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#x",
        "https://aws.amazon.com/premiumsupport/knowledge-center/",
        "https://attack.mitre.org/techniques/T1078/004/",
        "https://github.com/aws/aws-cdk/issues/1?a=b&c=%20",
        "https://github.com",
    ],
)
def test_documentation_is_linked(reference: str) -> None:
    assert link(reference) == reference
