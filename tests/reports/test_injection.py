"""Hostile text in every string of a report, through every writer."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports import WRITERS, json_report, terminal
from reports.visible import HIDDEN, visible
from scanner.report import Report
from tests.reports import sample
from tests.reports.markup import Page

PAYLOADS = {
    "script": "</script><script>alert(1)</script>",
    "style": "</style><style>*{display:none}</style>",
    "image": "\"><img src=x onerror=alert(1)>'><svg/onload=alert(1)>",
    "comment": "<!-- --!> ]]> <![CDATA[ &lt;b&gt; &#60;",
    "template": "{{7*7}}{% raw %}{{ config }}${7*7}",
    "rich": "[/red][bold]x[link=https://evil.example]y[/link]",
    "github": "\n::error::x\r\n::stop-commands::y\n##[add-mask]z",
    "url": "javascript:alert(1)//https://github.com/evil",
    "formula": '=HYPERLINK("https://evil.example")|`id`$(id)',
    "controls": "\x00\x07\x1b]0;title\x07\x1b[2J\x7f\x9b31m\r",
    "bidi": "\u202e\u2066txt.exe\u2069\u200b\U000e0041",
    "surrogate": "\ud800 \udfff",
    "long": "x" * 65_536 + "<b>&\"'",
}
EVERYTHING = "".join(payload for name, payload in PAYLOADS.items() if name != "long")

Path = tuple[str | int, ...]


@functools.cache
def document() -> object:
    """A report of a few findings as plain values."""
    report = sample.report()
    shortened = msgspec.structs.replace(
        report,
        findings=tuple(report.findings[index] for index in (0, 1, 5, -1)),
        rules=report.rules[:2],
        coverage=report.coverage[:4],
    )
    return msgspec.to_builtins(shortened)


def walk(value: object, path: Path = ()) -> Iterator[Path]:
    """The paths of all strings; a path that ends in ``*`` means the keys of a mapping."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict):
        if "evidence" in path and value:
            yield (*path, "*")
        for key, item in value.items():
            yield from walk(item, (*path, key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from walk(item, (*path, index))


def replaced(value: object, paths: frozenset[Path], text: str, path: Path = ()) -> object:
    """The value with the text in these places."""
    if path in paths:
        return text
    if isinstance(value, dict):
        hostile = (*path, "*") in paths
        return {
            f"{text}{index}" if hostile else key: replaced(item, paths, text, (*path, key))
            for index, (key, item) in enumerate(value.items())
        }
    if isinstance(value, list | tuple):
        return [replaced(item, paths, text, (*path, index)) for index, item in enumerate(value)]
    return value


def report_with(text: str, *paths: Path) -> Report:
    """The report with the text in these places."""
    return msgspec.convert(replaced(document(), frozenset(paths), text), Report)


def takes_any_text(path: Path) -> bool:
    """Whether a string of the report is free text, not a date or one of a few words."""
    try:
        report_with("benign", path)
    except msgspec.ValidationError:
        return False
    return True


PLACES = [path for path in walk(document()) if takes_any_text(path)]


@functools.cache
def benign(*paths: Path) -> Page:
    """The page when these places hold a harmless word."""
    return Page(WRITERS[".html"](report_with("benign", *paths)))


def check_html(report: Report, text: str, *paths: Path) -> None:
    html = WRITERS[".html"](report)
    page = Page(html)
    assert page.shape == benign(*paths).shape
    assert page.code == benign(*paths).code
    known = r"#[A-Za-z0-9-]+|data:,|https://(docs\.aws\.amazon\.com|attack\.mitre\.org)/[\w./-]+"
    assert [link for link in page.links if not re.fullmatch(known, link)] == []
    assert not HIDDEN.search(html.replace("\n", ""))


def check_terminal(report: Report) -> None:
    text = terminal.render(report)
    assert not HIDDEN.search(text.replace("\n", ""))
    assert not re.search(r"^\s*::|##\[|##vso\[", text, re.MULTILINE)


def check_json(report: Report) -> None:
    text = WRITERS[".json"](report)
    assert not HIDDEN.search(text.replace("\n", ""))
    assert json.loads(text)["schema"] == "guardrift/report/1"
    assert WRITERS[".json"](json_report.parse(text.encode())) == text


def check(text: str, *paths: Path) -> None:
    report = report_with(text, *paths)
    check_html(report, text, *paths)
    check_terminal(report)
    check_json(report)


def test_every_kind_of_string_is_among_the_places() -> None:
    names = {next(str(step) for step in reversed(path) if isinstance(step, str)) for path in PLACES}
    structs = "account_id accounts api arn breaks commands control family fingerprint framework message name region"
    texts = "references regions rule_id snapshot_sha256 text title tool_version type undo version * material from"
    assert set(f"{structs} {texts}".split()) <= names
    assert not names & {"severity", "confidence", "started_at", "phase"}


@pytest.mark.parametrize("text", PAYLOADS.values(), ids=PAYLOADS)
def test_a_payload_in_every_place_at_once(text: str) -> None:
    check(text, *PLACES)


@pytest.mark.parametrize("path", PLACES, ids=lambda path: ".".join(map(str, path)))
def test_all_payloads_in_one_place(path: Path) -> None:
    check(EVERYTHING, path)


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(exclude_categories=()), min_size=1, max_size=60))
def test_any_text_in_every_place(text: str) -> None:
    check(text, *PLACES)


def test_what_was_said_is_still_there() -> None:
    arn = next(path for path in PLACES if path[-1] == "arn")
    assert visible(EVERYTHING) in Page(WRITERS[".html"](report_with(EVERYTHING, arn))).text
