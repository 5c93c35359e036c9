"""The fleet report as a page and as a text: what it says, and that no account can make it do anything."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from reports import fleet_html, fleet_text, fleet_words
from reports.visible import HIDDEN
from scanner.fleet_report import FailedAccount, FleetReport, UnreadBucket
from tests.fleet.scenes import ARCHIVE, BUCKET, LAB, MANAGEMENT, SHOP
from tests.fleet.test_summing import CHOICE, ORGANIZATION, RUN, report, result, rule
from tests.reports.markup import Page
from tests.reports.test_injection import EVERYTHING, PAYLOADS, Path, replaced, walk

CLOSED_SETS = {"engine", "stage", "severity", "phase", "schema"}
"""The keys whose values are one of a few words."""


def told() -> FleetReport:
    """A report in which everything occurs."""
    first, *others = report().accounts
    worse = msgspec.structs.replace(first, unread=("guardduty:ListDetectors denied",), complete=False)
    return msgspec.structs.replace(
        report(),
        accounts=(worse, *others),
        unread_buckets=(UnreadBucket(name=BUCKET, accounts=(SHOP, LAB)),),
        run=msgspec.structs.replace(RUN, resumed=(SHOP,)),
    )


def page(fleet: FleetReport) -> str:
    return fleet_html.render(fleet, "0" * 64)


def clean() -> FleetReport:
    """A report in which nothing is wrong."""
    from guardrift.fleet.summing import FleetSum

    total = FleetSum()
    total.add(result(SHOP, "shop", 100), (rule("a", "high"),))
    return total.report(RUN, ORGANIZATION, CHOICE, ())


def test_what_was_not_read_of_the_organization_is_told() -> None:
    organization = msgspec.structs.replace(ORGANIZATION, unread=("organizations:ListRoots denied",))
    fleet = msgspec.structs.replace(clean(), organization=organization)

    assert "organizations:ListRoots denied" in Page(page(fleet)).text
    assert "organizations:ListRoots denied" in fleet_text.render(fleet)
    assert "the organization could not be read to the end" in fleet_words.sentence(fleet)


def test_the_verdict_in_a_sentence() -> None:
    assert fleet_words.sentence(told()) == (
        "1 critical and 4 high findings in 3 of 3 accounts; 1 account could not be scanned; "
        "1 account could not be read to the end: the scan is incomplete."
    )
    assert fleet_words.sentence(clean()) == "No findings."
    low = msgspec.structs.replace(clean(), accounts=(result(SHOP, "shop", low=2),))
    summary = msgspec.structs.replace(low.summary, by_severity={"low": 2})
    low = msgspec.structs.replace(low, summary=summary)
    assert fleet_words.sentence(low) == "No critical or high findings, 2 of lower severity."


def test_nothing_scanned_is_not_a_pass() -> None:
    failed = msgspec.structs.replace(told(), accounts=())

    assert fleet_words.sentence(failed).startswith("Nothing was scanned; 1 account could not be scanned")


def test_the_page_names_the_accounts_and_leads_to_their_pages() -> None:
    parsed = Page(page(told()))

    assert [link for link in parsed.links if link.endswith(".html")] == [
        f"accounts/{account_id}/report.html" for account_id in (LAB, ARCHIVE, SHOP)
    ]
    for words in (
        "Not scanned",
        "denied",
        "shop",
        "The fault a",
        "guardduty:ListDetectors denied",
        BUCKET,
        "SUSPENDED",
    ):
        assert words in parsed.text


def test_a_strange_folder_is_no_link() -> None:
    account = msgspec.structs.replace(told().accounts[0], folder="javascript:alert(1)//accounts/111122223333")
    parsed = Page(page(msgspec.structs.replace(told(), accounts=(account,))))

    assert not [link for link in parsed.links if "accounts" in link and link != "#accounts"]


def test_the_policy_comes_first_and_allows_nothing_but_our_style() -> None:
    html = page(told())
    parsed = Page(html)
    digest = base64.b64encode(hashlib.sha256(parsed.code["style"].encode()).digest()).decode()

    assert html.index("<head>\n<meta http-equiv") < html.index("charset")
    assert parsed.metas[0]["content"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert set(parsed.code) == {"style"}
    assert all(link.startswith(("#", "accounts/", "data:,")) for link in parsed.links)


def test_nothing_is_styled_or_scripted_inline() -> None:
    names = {name for tag in Page(page(told())).shape for name in tag[1:]}

    assert not [name for name in names if name == "style" or name.startswith("on")]


def test_a_clean_fleet_has_no_empty_sections() -> None:
    text = Page(page(clean())).text

    assert "Not scanned" not in text
    assert "Log buckets" not in text


@functools.cache
def document() -> Any:
    return msgspec.to_builtins(told())


def places() -> Iterator[Path]:
    for path in walk(document()):
        is_time = "taken_at" in path or str(path[-1]).endswith("_at")
        if path[-1] not in CLOSED_SETS and not is_time and "readiness" not in path:
            yield path


def with_text(text: str, *paths: Path) -> FleetReport:
    return msgspec.convert(replaced(document(), frozenset(paths or places()), text), FleetReport)


def shape(html: str) -> Any:
    """The tags of a page; links to accounts may be missing, since no hostile text is followed."""
    return Page(html).shape


@pytest.mark.parametrize("payload", [name for name in PAYLOADS if name != "surrogate"])
def test_no_text_changes_the_shape_of_the_page(payload: str) -> None:
    benign = shape(page(with_text("benign")))

    assert shape(page(with_text(PAYLOADS[payload]))) == benign


@pytest.mark.parametrize("path", list(places()), ids=lambda path: "/".join(map(str, path)))
def test_no_place_lets_text_through(path: Path) -> None:
    assert shape(page(with_text(EVERYTHING, path))) == shape(page(with_text("benign", path)))
    assert not HIDDEN.search(page(with_text(EVERYTHING, path)).replace("\n", ""))


def test_the_text_obeys_nobody() -> None:
    text = fleet_text.render(with_text(EVERYTHING))

    assert not HIDDEN.search(text.replace("\n", ""))
    assert not [line for line in text.splitlines() if line.lstrip().startswith("::")]


def test_the_text_is_short_and_narrow() -> None:
    many = tuple(result(f"{number:012}", "a name that is rather long for an account", high=1) for number in range(60))
    failed = tuple(
        FailedAccount(account_id=f"{number:012}", name="x", place=(), stage="collect", message="no")
        for number in range(60)
    )
    text = fleet_text.render(msgspec.structs.replace(told(), accounts=many, failed=failed))

    assert len(text.splitlines()) < 60
    assert max(map(len, text.splitlines()[2:])) <= 100
    assert text.count("and 45 more accounts") == 2


def test_the_text_says_what_matters() -> None:
    text = fleet_text.render(told())

    assert "Scanned    3 of 4 accounts; 1 from an earlier run; 1 not in use; 3 not chosen" in text
    assert f"  {MANAGEMENT}  management                    denied" in text
    assert f"  {LAB}  lab                           1 critical" in text
    assert "CRITICAL  The fault b" in text
    assert "detect       ####................  20  lab" in text
