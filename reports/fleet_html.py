"""The fleet report as one HTML page: self-contained, without script, and safe whatever the accounts say."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

import jinja2

from reports import fleet_words, verdict
from reports.page import content_policy, environment, source
from scanner.findings import SEVERITIES
from scanner.fleet_report import AccountResult, FleetReport

_FOLDER = re.compile(r"accounts/[0-9]{12}")

MOST_NAMED = 200
"""How many accounts are named beside a rule; the JSON report has them all."""


def render(fleet: FleetReport, json_sha256: str) -> str:
    """The page.

    Args:
        fleet: what to tell.
        json_sha256: digest, in hexadecimal, of the JSON report that belongs to the page; shown in its footer.
    """
    style = source("report.css") + "\n" + source("fleet.css")
    return _environment().get_template("fleet.html.j2").render(
        fleet=fleet,
        json_sha256=json_sha256,
        style=style,
        policy=content_policy(style),
        severities=SEVERITIES,
        phases=list(fleet_words.phases(fleet)),
        names=_names(fleet),
        most_named=MOST_NAMED,
    )  # fmt: skip


@functools.cache
def _environment() -> jinja2.Environment:
    found = environment()
    found.globals.update(
        title=fleet_words.title,
        sentence=fleet_words.sentence,
        page_of=_page_of,
    )
    found.filters.update(moment=verdict.moment, counted=verdict.counted)
    return found


def _page_of(account: AccountResult) -> str | None:
    """The address of the account's own page; None where a report from elsewhere names a strange folder."""
    return f"{account.folder}/report.html" if _FOLDER.fullmatch(account.folder) else None


def _names(fleet: FleetReport) -> Mapping[str, str]:
    found = {account.account_id: account.name for account in fleet.accounts}
    found |= {account.account_id: account.name for account in fleet.failed}
    return {account_id: fleet_words.named(account_id, name) for account_id, name in found.items()}
