from __future__ import annotations

import json

import msgspec
import pytest

from reports.json_report import parse, render
from reports.json_text import indented
from tests.reports import sample


def with_message(message: str) -> str:
    """The JSON of a report whose only finding says this."""
    finding = msgspec.structs.replace(sample.report().findings[0], message=message)
    return render(msgspec.structs.replace(sample.report(), findings=(finding,)))


def test_what_is_rendered_parses_to_the_same_report() -> None:
    report = sample.report()
    assert parse(render(report).encode()) == report
    assert render(parse(render(report).encode())) == render(report)


def test_the_order_of_evidence_does_not_show() -> None:
    first, *others = sample.report().findings
    turned = msgspec.structs.replace(first, evidence=dict(reversed(first.evidence.items())))
    report = msgspec.structs.replace(sample.report(), findings=(turned, *others))
    assert render(report) == render(sample.report())


def test_sets_in_evidence_are_sorted() -> None:
    finding = msgspec.structs.replace(sample.report().findings[0], evidence={"material": {"c", "a", "b"}})
    text = render(msgspec.structs.replace(sample.report(), findings=(finding,)))
    assert json.loads(text)["findings"][0]["evidence"] == {"material": ["a", "b", "c"]}


@pytest.mark.parametrize("message", ["\x00\x1b\x9b\u202e\u2028", "\U000e0041", "😀 日本語", '"\\'])
def test_hidden_characters_survive_as_escapes(message: str) -> None:
    text = with_message(message)
    assert json.loads(text)["findings"][0]["message"] == message
    assert not set(text) & set("\x00\x1b\x9b\u202e\u2028\U000e0041")
    assert parse(text.encode()).findings[0].message == message


def test_a_surrogate_without_partner_becomes_its_escape() -> None:
    text = with_message("before \ud800 after")
    assert parse(text.encode()).findings[0].message == r"before \ud800 after"
    assert text == render(parse(text.encode()))


def test_a_byte_order_mark_and_later_keys_are_accepted() -> None:
    document = json.loads(render(sample.report()))
    document["later"] = {"a": 1}
    document["run"]["later"] = 1
    assert parse(b"\xef\xbb\xbf" + json.dumps(document).encode()) == sample.report()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "truncated or not JSON"),
        (render(sample.report()).encode()[:-40], "truncated or not JSON"),
        (b"<html>", "truncated or not JSON"),
        (b'{"schema": "\xff"}', "truncated or not JSON"),
        (b'{"x": ' + b"[" * 100_000, "truncated or not JSON"),
        (b"[]", "does not name its schema"),
        (b"{}", "does not name its schema"),
        (b'{"schema": 1}', "does not name its schema"),
        (b'{"schema": "sarif \\u001b"}', r"its schema is 'sarif \\u001b'"),
        (b'{"schema": "guardrift/snapshot/1"}', "this is a guardrift snapshot, not a report"),
        (b'{"schema": "guardrift/report/2"}', "schema version 2, and this guardrift reads version 1"),
        (b'{"schema": "guardrift/report/1"}', "damaged guardrift report: Object missing required field"),
    ],
)
def test_anything_else_is_refused_in_one_sentence(data: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refusal:
        parse(data)
    assert "\n" not in str(refusal.value)


def test_a_newer_version_is_named_before_its_contents_are_judged() -> None:
    newer = render(sample.report()).replace("guardrift/report/1", "guardrift/report/2").replace("critical", "dire")
    with pytest.raises(ValueError, match="schema version 2"):
        parse(newer.encode())


def test_an_unknown_severity_is_damage() -> None:
    with pytest.raises(ValueError, match=r"damaged guardrift report: Invalid enum value 'dire'"):
        parse(render(sample.report()).replace('"critical"', '"dire"').encode())


def test_letters_that_nobody_sees_are_escapes_though_they_count_as_printable() -> None:
    assert "\\u115f" in indented({"name": "a\u115fb"})
    assert json.loads(indented({"name": "a\u115fb\u00fc"})) == {"name": "a\u115fb\u00fc"}
