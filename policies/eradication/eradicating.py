"""Everything that may have been left behind since a clean state, in the order in which it goes."""

from __future__ import annotations

from datetime import UTC, datetime

from policies.eradication.comparison import Comparison
from policies.eradication.credentials import credentials
from policies.eradication.policies_changed import policies_changed, profiles, providers
from policies.eradication.principals import principals
from policies.eradication.things import things
from policies.eradication.told import URGENCIES, Eradication, Look, Remnant
from scanner.drift.told import Diff
from scanner.inventory import Account

_NOTES = (
    "What is new is not therefore a thief's: compare it with tickets, deployments and CloudTrail, and decide of each.",
    "Save evidence before: a snapshot of guardrift, and the events of CloudTrail.",
    "Disable first, and delete when the case is closed: what is deleted takes its traces along.",
    "Credentials go first, then whoever could make others. When all is gone, revoke the sessions once more.",
    "The clean state has to be from before the thief came: what was there then is not told.",
)

_ELSEWHERE = (
    Look("trust anchors and profiles of IAM Roles Anywhere", (
        "aws rolesanywhere list-trust-anchors", "aws rolesanywhere list-profiles",
    )),
    Look("SSH keys and signing certificates of users", (
        "aws iam list-ssh-public-keys --user-name=NAME", "aws iam list-signing-certificates --user-name=NAME",
    )),
    Look("functions to which no alert goes, their URLs, layers and event sources", (
        "aws lambda list-functions", "aws lambda list-function-url-configs --function-name=NAME",
        "aws lambda list-event-source-mappings",
    )),
    Look("permission sets and assignments of IAM Identity Center", (
        "aws sso-admin list-instances", "aws sso-admin list-permission-sets --instance-arn=ARN",
    )),
    Look("access entries of EKS, and associations of pods", (
        "aws eks list-access-entries --cluster-name=NAME", "aws eks list-pod-identity-associations --cluster-name=NAME",
    )),
    Look("documents, associations, activations and open sessions of Systems Manager", (
        "aws ssm list-documents --filters=Key=Owner,Values=Self", "aws ssm list-associations",
        "aws ssm describe-activations", "aws ssm describe-sessions --state=Active",
    )),
    Look("schedules, state machines, stacks and builds that run code", (
        "aws scheduler list-schedules", "aws stepfunctions list-state-machines", "aws cloudformation list-stacks",
        "aws codebuild list-projects", "aws glue list-jobs", "aws sagemaker list-notebook-instances",
    )),
    Look("shares with other accounts, grants of keys, public images and snapshots", (
        "aws ram get-resource-shares --resource-owner=SELF", "aws kms list-grants --key-id=ID",
        "aws ec2 describe-snapshots --owner-ids=self", "aws ec2 describe-key-pairs",
    )),
)  # fmt: skip


def eradication(diff: Diff, old: Account, new: Account, at: datetime) -> Eradication:
    """What appeared or widened since a clean state, with the commands that take it away or put back what was.

    Of identities the two states are compared themselves: a containment denies its principal everything, so that by
    what it can do a policy of the thief's beside it would be no gain. All else is taken from the diff.

    Args:
        diff: of the two states.
        old: the clean state.
        new: the present one.
        at: the present time.
    """
    found = Comparison(old, new, at)
    credentials(found)
    principals(found)
    policies_changed(found)
    providers(found)
    profiles(found)
    things(found, diff)
    unknown = tuple(dict.fromkeys(found.unknown))
    return Eradication(
        since=diff.old,
        complete=diff.complete and not unknown,
        remnants=tuple(sorted(found.remnants, key=_rank)),
        left_out=tuple(dict.fromkeys(found.left_out)),
        unknown=unknown,
        not_asked=tuple(found.not_asked),
        elsewhere=_ELSEWHERE,
        notes=_NOTES,
    )


def _rank(remnant: Remnant) -> tuple[object, ...]:
    created = remnant.created or datetime.min.replace(tzinfo=UTC)
    resource = remnant.resource
    return (URGENCIES.index(remnant.urgency), created, resource.type, resource.region or "", resource.arn, remnant.what)
