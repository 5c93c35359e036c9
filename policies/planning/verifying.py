"""How it is verified that a containment holds: asked on both sides of the cutoff, and looked up in the logs.

Sources: "Testing IAM policies with the IAM policy simulator" and "Actions, resources, and condition keys for AWS STS"
in the IAM User Guide; SimulatePrincipalPolicy in the IAM API Reference; LookupEvents in the AWS CloudTrail API
Reference.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from policies.commands import iam
from policies.cutoff import SHELL_ASSIGNMENT, format_instant
from policies.dispatch import Resolved
from policies.placed import Effect, Session
from policies.planning.functions import cutoffs_in
from policies.planning.lookups import looked_up
from policies.planning.plan import PlannedDocument, Step
from policies.preparation.table import DATABASE, TABLE
from scanner.inventory import Role, User
from scanner.shell import option, quote

_ACTIONS = ("s3:ListAllMyBuckets", "ec2:DescribeInstances", "iam:ListRoles")
_QUERY = quote("--query=EvaluationResults[].[EvalActionName,EvalDecision]")
_AT = '"$AT"'


def verification(
    resolved: Resolved,
    documents: Sequence[PlannedDocument],
    expects: dict[Session, Effect],
    cutoff: datetime | None,
) -> Iterator[Step]:
    """The steps that show whether it worked; never GetCallerIdentity, which nothing denies."""
    principal = resolved.principal
    own = [each for each in documents if principal is not None and each.placed.target == principal.arn]
    if principal is not None and own:
        yield _simulated(principal, own, expects, cutoff)
    yield from _logged(resolved)
    yield _asked_of_the_trail(resolved)


def _simulated(
    principal: Role | User, own: Sequence[PlannedDocument], expects: dict[Session, Effect], cutoff: datetime | None
) -> Step:
    asked = f"{iam('simulate-principal-policy', policy_source_arn=principal.arn)} --action-names {' '.join(_ACTIONS)}"
    is_timed = expects.get("new session") == "as before" and expects.get("old session") == "denied"
    if is_timed:
        context = _contexts(own)
        call = f"{asked} {context} {_QUERY} --output=text"
        commands = (_on_both_sides(call, own[0], principal, cutoff),)
        expected = (
            "The first prints explicitDeny for each action, the second what the principal was allowed before. Without "
            "the context entry the Deny seems absent."
        )
    else:
        commands, expected = (f"{asked} {_QUERY} --output=text",), "explicitDeny for each action."
    return Step(
        phase="verify",
        title="Ask the policy simulator on both sides of the cutoff" if is_timed else "Ask the policy simulator",
        why=(
            "It shows what is stored. It does not evaluate conditions of service control policies, resource control "
            "policies, nor policies of sessions."
        ),
        calls=("iam:SimulatePrincipalPolicy",),
        commands=commands,
        expected=expected,
    )


def _on_both_sides(call: str, document: PlannedDocument, principal: Role | User, cutoff: datetime | None) -> str:
    """The call with ``AT`` a minute before, then after the cutoff, which is read where the commands computed it."""
    if cutoff is not None:
        minute = timedelta(minutes=1)
        sides = f"{format_instant(cutoff - minute)} {format_instant(cutoff + minute)}"
        return f"(for AT in {sides}; do {call}; done)"
    form = "+%Y-%m-%dT%H:%M:%SZ"
    read = _reading(document, principal)
    bsd = f'date -u -j "-v${{SIDE}}S" -f %Y-%m-%dT%H:%M:%SZ "$CUTOFF" {form} 2>/dev/null'
    at = f'AT=$({bsd} || date -u -d "$CUTOFF $SIDE seconds" {form})'
    return f"(CUTOFF=$({read}) && for SIDE in -60 +60; do {at} && {call}; done)"


def _reading(document: PlannedDocument, principal: Role | User) -> str:
    """The command that prints the cutoff of a document as it is stored."""
    kind = "role" if isinstance(principal, Role) else "user"
    placed = document.placed
    if placed.layer == "inline":
        named = {f"{kind}_name": principal.name, "policy_name": placed.name}
        query = quote(f"--query={cutoffs_in('PolicyDocument')}|[0]")
        return f"{iam(f'get-{kind}-policy', **named)} {query} --output=text"
    arn = f"{placed.target.rpartition(':')[0]}:policy/{placed.name}"
    version = f"$({iam('get-policy', policy_arn=arn)} --query=Policy.DefaultVersionId --output=text)"
    query = quote(f"--query={cutoffs_in('PolicyVersion.Document')}|[0]")
    return f'{iam("get-policy-version", policy_arn=arn)} "--version-id={version}" {query} --output=text'


def _contexts(own: Sequence[PlannedDocument]) -> str:
    """What the request carries: the time, and what else the documents go by; as JSON, which a comma does not break."""
    entries: dict[str, str] = {}
    for each in own:
        for statement in json.loads(each.placed.document)["Statement"]:
            for operator in ("StringEquals", "ArnEquals"):
                found = statement.get("Condition", {}).get(operator, {})
                entries |= {key: value for key, value in found.items() if isinstance(value, str)}
    told = [_entry(key, "string", value) for key, value in sorted(entries.items())]
    begun = json.dumps([*told, _entry("aws:TokenIssueTime", "date", "AT")], ensure_ascii=False, separators=(",", ":"))
    before, after = begun[: -len('AT"]}]')], '"]}]'
    return f"--context-entries {quote(before)}{_AT}{quote(after)}"


def _entry(key: str, kind: str, value: str) -> dict[str, object]:
    return {"ContextKeyName": key, "ContextKeyType": kind, "ContextKeyValues": [value]}


_SINCE = SHELL_ASSIGNMENT.replace("CUTOFF=", "SINCE=").replace("+31S", "-3600S").replace("+31 seconds", "-3600 seconds")


def _logged(resolved: Resolved) -> Iterator[Step]:
    commands = tuple(
        f'({_SINCE} && {lookup} --start-time="$SINCE" {quote("--query=Events[].CloudTrailEvent")} --output=text)'
        for lookup in looked_up(resolved.subject, resolved.principal)
    )
    if commands:
        yield Step(
            phase="verify",
            title="Look in CloudTrail for calls that succeeded since",
            why=(
                "Every event from 60 seconds after the cutoff on has to carry an errorCode, and a message that ends in "
                "'with an explicit deny'. Repeat it after 15 minutes, in every region that it worked in. What a role's "
                "sessions did is found under their names and keys, not under that of the role. Silence proves nothing "
                "for data events, which are recorded only where a trail asks for them. sts:GetCallerIdentity succeeds "
                "whatever denies the caller."
            ),
            calls=("cloudtrail:LookupEvents",),
            commands=commands,
            expected="Events with an errorCode, or none; a new session of a legitimate workload succeeds.",
        )


def _asked_of_the_trail(resolved: Resolved) -> Step:
    """The query of the log files, by the table of the preparation."""
    # Account text gets into it as a quoted text of SQL alone.
    conditions = (
        "day >= date_format(current_timestamp - interval '1' day, '%Y/%m/%d')",
        "from_iso8601_timestamp(eventtime) > current_timestamp - interval '1' hour",
        "errorcode IS NULL",
        "eventname <> 'GetCallerIdentity'",
        _whose(resolved),
    )
    columns = "eventtime, awsregion, eventsource, eventname, sourceipaddress, useridentity.accesskeyid"
    asked = ("SELECT", columns, "FROM", f"{DATABASE}.{TABLE}", "WHERE", " AND ".join(conditions), "ORDER BY eventtime")
    query = " ".join(asked)
    return Step(
        phase="verify",
        title="Ask the trail, for all regions",
        why=(
            f"With Athena and the table {DATABASE}.{TABLE} of the preparation; log files come some 5 minutes late, and "
            "now and then 15. Legitimate sessions from after the cutoff are in the answer, too: compare the keys."
        ),
        calls=("athena:StartQueryExecution", "athena:GetQueryResults"),
        commands=(f"aws athena start-query-execution {quote(f'--query-string={query}')}",),
        expected="A QueryExecutionId; get-query-results then tells no call by a session from before the cutoff.",
    )


def _whose(resolved: Resolved) -> str:
    subject, principal = resolved.subject, resolved.principal
    if isinstance(principal, Role):
        return f"useridentity.sessioncontext.sessionissuer.arn = {_sql(principal.arn)}"
    if isinstance(principal, User):
        return f"useridentity.accountid = '{_account(resolved)}' AND useridentity.username = {_sql(principal.name)}"
    if subject.kind == "foreign-account":
        return f"useridentity.accountid = {_sql(subject.account_id or '')}"
    if subject.user_id:
        return f"useridentity.onbehalfof.userid LIKE {_sql('%' + subject.user_id)}"
    return f"useridentity.arn = {_sql(resolved.arn or '')}"


def _account(resolved: Resolved) -> str:
    return resolved.principal.arn.split(":")[4] if resolved.principal else ""


def _sql(text: str) -> str:
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def rotation(instances: Sequence[tuple[str, str]]) -> Step | None:
    """The check that an instance has other credentials than the stolen ones; None without instances."""
    if not instances:
        return None
    commands = tuple(
        f"aws cloudtrail lookup-events {option('--region', region)} "
        + quote("--lookup-attributes=" + json.dumps([{"AttributeKey": "ResourceName", "AttributeValue": instance}]))
        + " --max-items=50 "
        + quote("--query=Events[?EventName=='AssumeRole'].[EventTime,CloudTrailEvent]")
        + " --output=text"
        for instance, region in instances
    )
    return Step(
        phase="verify",
        title="Check that the instances have new credentials",
        why=(
            "In the events of AssumeRole by ec2.amazonaws.com the newest responseElements.credentials.accessKeyId has "
            "to be another than that of the finding, and issued after the cutoff. Until that is seen the renewal is "
            "not verified."
        ),
        calls=("cloudtrail:LookupEvents",),
        commands=commands,
        expected="An AssumeRole event after the cutoff, with another key.",
    )
