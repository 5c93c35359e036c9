"""Join and judge one account as a job says; no AWS is needed, and none is asked."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from guardrift.configuration import Standing, for_account, settings
from guardrift.custom_rules import rule_set
from guardrift.fleet.collecting import check_version
from guardrift.fleet.forgetting import remembering
from guardrift.fleet.jobs import Judged, JudgeJob, encoded, snapshot_of
from guardrift.fleet.joining import joined
from guardrift.selection import asked_rules
from guardrift.version import __version__
from reports import html_report
from reports.json_text import formatted
from reports.unknowns import missing, unanswered
from reports.verdict import counting
from scanner.engine.assemble import report_on, suppressed
from scanner.errors import UsageError
from scanner.findings import Finding, sort_key
from scanner.fleet_report import AccountResult, TopFinding
from scanner.inventory import Account
from scanner.report import Report

MOST_TOP = 5
MOST_UNREAD = 5


def work(text: str) -> str:
    """Judge the account of a job."""
    job = msgspec.json.decode(text, type=JudgeJob)
    check_version(job.tool_version)
    with remembering():
        return encoded(judged(job))


def judged(job: JudgeJob) -> Judged:
    """The account with what others know of it, and what the rules say of both."""
    account = joined(msgspec.json.decode(job.snapshot, type=Account), job.gifts)
    if account.account_id != job.account_id:
        raise UsageError(
            f"the snapshot is of account {account.account_id}, not of {job.account_id}",
            "Run it again without --resume.",
        )
    rules = rule_set(map(Path, job.rule_folders))
    configuration = for_account(job.configuration, Standing(job.account_id, job.place, job.tags))
    report = report_on(
        account,
        asked_rules(rules, job.selection, configuration),
        at=job.at or account.taken_at,
        settings=settings(configuration, rules, "the configuration"),
        source="live",
        tool_version=__version__,
        started_at=job.started_at,
        finished_at=datetime.now(UTC),
    )
    report = suppressed(report, configuration.suppress, job.at or job.started_at)
    text = formatted(report)
    return Judged(
        result=result_of(report, job.name, job.place),
        rules=report.rules,
        snapshot=snapshot_of(account),
        report=msgspec.Raw(text),
        html=html_report.render(report, hashlib.sha256(text + b"\n").hexdigest()),
    )


def result_of(report: Report, name: str, place: tuple[str, ...]) -> AccountResult:
    """The digest of an account's report."""
    (account_id,) = report.run.accounts
    summary = report.summary
    return AccountResult(
        account_id=account_id,
        name=name,
        place=place,
        complete=summary.complete,
        by_status=summary.by_status,
        by_severity=summary.by_severity,  # type: ignore[arg-type]  # its keys are severities
        readiness=summary.readiness,
        top=_top(report.findings),
        unread=_unread(report),
        folder=f"accounts/{account_id}",
        accepted=summary.accepted,
        suppression_notices=summary.suppression_notices,
    )


def _unread(report: Report) -> tuple[str, ...]:
    """What verdicts wait for first, then what else got no answer."""
    waited_for = [str(one) for one in missing(counting(report.findings))]
    return tuple(dict.fromkeys((*waited_for, *unanswered(report.coverage))))[:MOST_UNREAD]


def _top(findings: Iterable[Finding]) -> tuple[TopFinding, ...]:
    failed = sorted((finding for finding in counting(findings) if finding.status == "fail"), key=sort_key)
    counts = Counter(finding.rule_id for finding in failed)
    worst: dict[str, Finding] = {}
    for finding in failed:
        worst.setdefault(finding.rule_id, finding)
    return tuple(
        TopFinding(
            rule_id=rule_id,
            severity=finding.severity,
            title=finding.title,
            resource=finding.resource.name or finding.resource.arn,
            count=counts[rule_id],
        )
        for rule_id, finding in list(worst.items())[:MOST_TOP]
    )
