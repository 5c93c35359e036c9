"""How it is verified that a containment holds: asked on both sides of the cutoff, and looked up in the logs.

Sources: "Testing IAM policies with the IAM policy simulator" and "Actions, resources, and condition keys for AWS STS"
in the IAM User Guide; LookupEvents in the AWS CloudTrail API Reference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policies.commands import iam
from policies.cutoff import SHELL_ASSIGNMENT
from policies.placed import Effect, Session
from policies.planning.plan import Step
from policies.subjects import Subject
from scanner.inventory import Role, User
from scanner.shell import option, quote

_ACTIONS = ("s3:ListAllMyBuckets", "ec2:DescribeInstances", "iam:ListRoles")
_AROUND = (
    "OLD=$(date -u -v-60S +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -d '-60 seconds' +%Y-%m-%dT%H:%M:%SZ) && "
    "NEW=$(date -u -v+600S +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -d '+600 seconds' +%Y-%m-%dT%H:%M:%SZ)"
)
_QUERY = quote("--query=EvaluationResults[].[EvalActionName,EvalDecision]")


def verification(
    subject: Subject, principal: Role | User | None, expects: dict[Session, Effect], is_in_iam: bool
) -> Iterator[Step]:
    """The steps that show whether it worked; never GetCallerIdentity, which nothing denies."""
    if principal is not None and is_in_iam:
        yield _simulated(principal, expects)
    yield _logged(subject, principal)


def _simulated(principal: Role | User, expects: dict[Session, Effect]) -> Step:
    asked = iam("simulate-principal-policy", policy_source_arn=principal.arn)
    actions = f"--action-names {' '.join(_ACTIONS)} {_QUERY} --output=text"
    if expects.get("new session") == "as before":
        at = '"ContextKeyName=aws:TokenIssueTime,ContextKeyType=date,ContextKeyValues={}"'
        commands = tuple(
            f"({_AROUND} && {asked} {actions} --context-entries {at.format(f'${side}')})" for side in ("OLD", "NEW")
        )
        expected = (
            "The first prints explicitDeny for each action, the second what the principal was allowed before. Without "
            "the context entry the Deny seems absent."
        )
    else:
        commands, expected = (f"{asked} {actions}",), "explicitDeny for each action."
    return Step(
        phase="verify",
        title="Ask the policy simulator on both sides of the cutoff" if len(commands) > 1 else "Ask the simulator",
        why=(
            "It shows what is stored. It does not evaluate conditions of service control policies, resource control "
            "policies, nor policies of sessions."
        ),
        calls=("iam:SimulatePrincipalPolicy",),
        commands=commands,
        expected=expected,
    )


def _logged(subject: Subject, principal: Role | User | None) -> Step:
    attributes = [("AccessKeyId", subject.access_key)] if subject.access_key else []
    name = subject.session or (principal.name if isinstance(principal, User) else None)
    name = "root" if subject.kind == "root" else name
    if name:
        attributes.append(("Username", name))
    if not attributes and principal is not None:
        attributes.append(("ResourceName", principal.name))
    commands = tuple(
        f"({_SINCE} && aws cloudtrail lookup-events "
        + quote(f"--lookup-attributes=AttributeKey={key},AttributeValue={value}")
        + ' --start-time="$SINCE" '
        + quote("--query=Events[].CloudTrailEvent")
        + " --output=text)"
        for key, value in attributes
    )
    return Step(
        phase="verify",
        title="Look in CloudTrail for calls that succeeded since",
        why=(
            "Every event from 60 seconds after the cutoff on has to carry an errorCode, and a message that ends in "
            "'with an explicit deny'. Repeat it after 15 minutes, in every region that the principal worked in. "
            "Silence proves nothing for data events, which are recorded only where a trail asks for them. "
            "sts:GetCallerIdentity succeeds whatever denies the caller."
        ),
        calls=("cloudtrail:LookupEvents",),
        commands=commands,
        expected="Events with an errorCode, or none.",
    )


_SINCE = SHELL_ASSIGNMENT.replace("CUTOFF=", "SINCE=").replace("+31S", "-3600S").replace("+31 seconds", "-3600 seconds")


def rotation(instances: Sequence[tuple[str, str]]) -> Step | None:
    """The check that an instance has other credentials than the stolen ones; None without instances."""
    if not instances:
        return None
    commands = tuple(
        "aws cloudtrail lookup-events "
        + option("--region", region)
        + " "
        + quote(f"--lookup-attributes=AttributeKey=ResourceName,AttributeValue={instance}")
        + " --max-results=50 "
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
