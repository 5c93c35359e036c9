"""Reports with known content: a typical account in trouble, and a clean one."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import msgspec

from scanner.findings import (
    PHASES,
    SEVERITIES,
    Control,
    Finding,
    Phase,
    Remediation,
    Resource,
    Severity,
    fingerprint,
    sort_key,
)
from scanner.inventory import CoverageRow, Outcome
from scanner.report import Report, RuleResult, Run, Summary

ACCOUNT = "111122223333"
REGIONS = ("eu-central-1", "eu-west-1", "us-east-1")

RUN = Run(
    tool_version="1.0.0",
    started_at=datetime(2026, 11, 20, 8, 59, 30, tzinfo=UTC),
    finished_at=datetime(2026, 11, 20, 9, 0, 12, tzinfo=UTC),
    judged_at=datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
    source="live",
    snapshot_sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    accounts=(ACCOUNT,),
    regions=REGIONS,
)

_TITLES: dict[str, tuple[str, Severity, str, Phase]] = {
    "guardduty-not-enabled": ("GuardDuty does not watch a region", "high", "guardduty", "detect"),
    "iam-privilege-escalation": ("A principal can make itself administrator", "critical", "iam", "contain"),
    "iam-root-access-key": ("The root user has an access key", "critical", "iam", "contain"),
    "iam-user-key-old": ("An access key was not rotated for 90 days", "medium", "iam", "eradicate"),
    "imds-v1-allowed": ("An instance hands out its credentials without a session token", "high", "imds", "contain"),
    "trail-no-validation": ("A trail does not validate its log files", "low", "trail", "investigate"),
    "vpc-flow-logs-off": ("No flow logs in a region", "info", "network", "investigate"),
}


def finding(rule_id: str, resource: Resource, message: str, **changes: object) -> Finding:
    """A failed finding of one of the sample's rules."""
    title, severity, _, _ = _TITLES[rule_id]
    return msgspec.structs.replace(
        Finding(
            fingerprint=fingerprint(rule_id, "aws", resource),
            rule_id=rule_id,
            status="fail",
            severity=severity,
            confidence="high",
            title=title,
            message=message,
            resource=resource,
            evidence={"material": []},
            remediation=Remediation("Look at the resource and decide."),
        ),
        **changes,
    )


def instance(number: int, region: str = "eu-west-1") -> Resource:
    """An EC2 instance."""
    name = f"i-0{number:016x}"
    return Resource(f"arn:aws:ec2:{region}:{ACCOUNT}:instance/{name}", "AWS::EC2::Instance", name, ACCOUNT, region)


def region(name: str) -> Resource:
    """A region of the account, as a resource."""
    return Resource(f"arn:aws:guardduty:{name}:{ACCOUNT}:region", "guardrift::Region", name, ACCOUNT, name)


def unknown(rule_id: str, resource: Resource, api: str, status: Outcome) -> Finding:
    """An unknown verdict as the engine writes it."""
    reason = f"{api} was {status} in {resource.region}"
    return finding(
        rule_id,
        resource,
        f"Not decided: {reason}",
        status="unknown",
        evidence={
            "material": [],
            "reason": reason,
            "not_collected": {"api": api, "region": resource.region or "global", "status": status},
        },
        remediation=Remediation(f"Allow {api} for the scanning role, then scan again."),
    )


def _root() -> Finding:
    return finding(
        "iam-root-access-key",
        Resource(f"arn:aws:iam::{ACCOUNT}:root", "AWS::IAM::Root", "root", ACCOUNT),
        "Access key 1 of the root user is active and was last used 3 days ago.",
        evidence={"material": ["access-key-1-active"], "last_used": "2026-11-17T04:12:00Z", "mfa": False},
        remediation=Remediation(
            "Sign in as root and delete the key; no policy can restrict it.\n\n"
            "Do it in the console: only root can delete the keys of root.",
            breaks="Programs that use the key stop at once.",
        ),
        references=(
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html",
            "https://attack.mitre.org/techniques/T1078/004/",
            "NIST SP 800-61r3",
        ),
        compliance=(
            Control("CIS AWS Foundations", "5.0.0", "1.3"),
            Control("CIS AWS Foundations", "7.0.0", "2.4"),
            Control("NIST CSF", "2.0", "PR.AA-01"),
        ),
    )


def _escalation() -> Finding:
    arn = f"arn:aws:iam::{ACCOUNT}:role/build/continuous-integration/deployer-of-the-production-environment"
    target = f"arn:aws:iam::{ACCOUNT}:role/admin"
    role = "--role-name deployer-of-the-production-environment"
    return finding(
        "iam-privilege-escalation",
        Resource(arn, "AWS::IAM::Role", "deployer-of-the-production-environment", ACCOUNT),
        "The role can pass an administrator role to a function and run it: one step to administrator.",
        evidence={
            "material": ["lambda-passrole:admin"],
            "paths": [
                {
                    "target": target,
                    "steps": [
                        {
                            "from": arn,
                            "to": target,
                            "method": "lambda-passrole",
                            "actions": ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"],
                            "conditions": {},
                            "needs": None,
                        }
                    ],
                }
            ],
            "others": 3,
        },
        remediation=Remediation(
            "Allow `iam:PassRole` only for the roles that the pipeline needs.",
            commands=(f"aws iam put-role-policy {role} \\\n    --policy-name pass --policy-document file://pass.json",),
            breaks="Deployments that create functions with other roles.",
            undo=(f"aws iam delete-role-policy {role} --policy-name pass",),
        ),
        references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",),
        compliance=(Control("MITRE ATT&CK", "19", "T1098.003"),),
    )


def _instances() -> list[Finding]:
    return [_imds_v1(number) for number in (10, 11)]


def _imds_v1(number: int) -> Finding:
    resource = instance(number)
    modify = f"aws ec2 modify-instance-metadata-options --region eu-west-1 --instance-id {resource.name} --http-tokens"
    return finding(
        "imds-v1-allowed",
        resource,
        "IMDSv1 answers on an instance with the role web (which reads s3://invoices).",
        evidence={"material": ["http-tokens:optional"], "hop_limit": 2, "http_tokens": "optional", "role": "web"},
        remediation=Remediation(
            "Require session tokens.",
            commands=(f"{modify} required",),
            breaks="Software with an SDK older than 2020.",
            undo=(f"{modify} optional",),
        ),
    )


def _mild() -> list[Finding]:
    trail = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"
    user = f"arn:aws:iam::{ACCOUNT}:user/<b>legacy</b>\u202e/backup"
    return [
        finding("guardduty-not-enabled", region("us-east-1"), "There is no detector in us-east-1."),
        finding(
            "iam-user-key-old",
            Resource(user, "AWS::IAM::User", "backup", ACCOUNT),
            "Key AKIA…7QXA is 412 days old.",
            confidence="medium",
            evidence={"material": ["key:7QXA"], "tags": {"note": "line 1\nline 2", "owner": "[/red]"}},
        ),
        finding(
            "trail-no-validation",
            Resource(trail, "AWS::CloudTrail::Trail", "main", ACCOUNT, "us-east-1"),
            "Log file validation is off.",
        ),
    ]


def _findings() -> tuple[Finding, ...]:
    unknowns = [
        unknown("guardduty-not-enabled", region("eu-west-1"), "guardduty:ListDetectors", "denied"),
        unknown("guardduty-not-enabled", region("eu-central-1"), "guardduty:ListDetectors", "denied"),
        unknown("vpc-flow-logs-off", region("eu-west-1"), "ec2:DescribeFlowLogs", "throttled"),
    ]
    return tuple(sorted([_root(), _escalation(), *_instances(), *_mild(), *unknowns], key=sort_key))


def _coverage() -> tuple[CoverageRow, ...]:
    problems: dict[tuple[str, str], tuple[Outcome, str]] = {
        ("guardduty:ListDetectors", "eu-west-1"): ("denied", "AccessDeniedException: explicit deny in an SCP"),
        ("guardduty:ListDetectors", "eu-central-1"): ("denied", "AccessDeniedException: explicit deny in an SCP"),
        ("ec2:DescribeFlowLogs", "eu-west-1"): ("throttled", "RequestLimitExceeded"),
    }
    rows = [CoverageRow(account_id=ACCOUNT, region="global", api="iam:GetAccountSummary", status="ok", calls=1)]
    for api in ("ec2:DescribeFlowLogs", "ec2:DescribeInstances", "guardduty:ListDetectors"):
        for name in REGIONS:
            status, message = problems.get((api, name), ("ok", ""))
            rows.append(
                CoverageRow(account_id=ACCOUNT, region=name, api=api, status=status, calls=2, message=message),
            )
    return tuple(rows)


def _rules(findings: tuple[Finding, ...], passed: int) -> tuple[RuleResult, ...]:
    counts = Counter((finding.rule_id, finding.status) for finding in findings)
    return tuple(
        RuleResult(
            rule_id=rule_id,
            title=title,
            severity=severity,
            family=family,
            phase=phase,
            evaluated=counts[rule_id, "fail"] + counts[rule_id, "unknown"] + passed,
            failed=counts[rule_id, "fail"],
            passed=passed,
            unknown=counts[rule_id, "unknown"],
        )
        for rule_id, (title, severity, family, phase) in sorted(_TITLES.items())
    )


def _score(phase: Phase, rules: tuple[RuleResult, ...]) -> int | None:
    ours = [rule for rule in rules if rule.phase == phase]
    passed, evaluated = sum(rule.passed for rule in ours), sum(rule.evaluated for rule in ours)
    return 100 * passed // evaluated if evaluated else None


def assemble(findings: tuple[Finding, ...], coverage: tuple[CoverageRow, ...], passed: int = 2) -> Report:
    """A report of these findings, with rules and summary that agree with them."""
    rules = _rules(findings, passed)
    statuses = Counter(finding.status for finding in findings)
    fails = Counter(finding.severity for finding in findings if finding.status == "fail")
    return Report(
        run=RUN,
        summary=Summary(
            by_status={"fail": statuses["fail"], "pass": passed * len(rules), "unknown": statuses["unknown"]},
            by_severity={severity: fails[severity] for severity in SEVERITIES},
            readiness={phase: _score(phase, rules) for phase in PHASES},
            complete=not statuses["unknown"] and all(row.status == "ok" for row in coverage),
        ),
        rules=rules,
        findings=findings,
        coverage=coverage,
    )


def report() -> Report:
    """An account in trouble: every severity but info, unknown verdicts, gaps, and some hostile names."""
    return assemble(_findings(), _coverage())


def clean_report() -> Report:
    """An account that was read completely and in which everything passed."""
    return assemble((), tuple(row for row in _coverage() if row.status == "ok"))


def empty_report() -> Report:
    """A run that read nothing and asked nothing."""
    return msgspec.structs.replace(assemble((), (), passed=0), rules=())


def large_report(number: int) -> Report:
    """A report with so many findings of one rule, alike but for their resources."""
    pattern = _imds_v1(0)
    findings = []
    for index in range(number):
        resource = instance(index)
        findings.append(
            msgspec.structs.replace(
                pattern, resource=resource, fingerprint=fingerprint(pattern.rule_id, "aws", resource)
            )
        )
    return assemble(tuple(findings), _coverage())
