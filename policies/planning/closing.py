"""How the way by which credentials were stolen is closed, and how those who work rightfully get new ones.

Sources: "Configure the Instance Metadata Service options" and "Retrieve security credentials from instance metadata" in
the Amazon EC2 User Guide; "Use an instance refresh" in the Amazon EC2 Auto Scaling User Guide; "Understanding the
Lambda execution environment lifecycle" in the AWS Lambda Developer Guide.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence

from policies.dispatch import Resolved
from policies.planning.evidence import suspected
from policies.planning.plan import Step
from policies.planning.shell import Each, for_each, together
from policies.preparation.wish import ISOLATION_ROLE
from scanner.containment.kind_facts import facts_of
from scanner.containment.workloads import InstanceUse, Workloads
from scanner.shell import option, quote


def closing(resolved: Resolved, workloads: Workloads | None) -> Iterator[Step]:
    """What keeps the thief from getting the next credentials."""
    of_instance = suspected(resolved, workloads)
    yield from (_isolated(each) for each in of_instance)
    instances = of_instance or (list(workloads.instances) if workloads else [])
    opened = [each for each in instances if metadata_is_open(each)]
    if opened:
        yield _imds(opened)
    told = [must for kind in resolved.kinds.names for must in facts_of(kind).must]
    for must in dict.fromkeys(told):
        if not _is_done_by_steps(must):
            yield Step(phase="close", title=_fitting(must))


def left_behind() -> Step:
    """What a thief leaves behind to come back, which no containment of the credential takes away.

    Source: "Security incident response" of AWS and the API actions themselves.
    """
    return Step(
        phase="close",
        title="Look for what was made to come back",
        why=(
            "New or changed since the first activity: users, access keys, console passwords, MFA devices, other "
            "credentials, roles and their trust policies, policies and their versions, identity providers, trust "
            "anchors of Roles Anywhere, functions and their URLs, rules of EventBridge, instances and their user data. "
            "'guardrift diff SNAPSHOT live' with the last clean snapshot tells it by meaning; in CloudTrail look for "
            "Create*, Put*, Attach*, Update* and Add* by this credential and by all that it could become."
        ),
    )


_OF_FEDERATED = "Put the Deny on the user who made the session, whom CloudTrail names as its sessionIssuer."
_NEEDS_SOMEBODY = "Contain the user from whose credentials the session was made."


def _is_done_by_steps(must: str) -> bool:
    """Whether other steps of every plan are this very thing."""
    return must.startswith(
        ("Make every access key", "Make the access key", "Make the key inactive", "Save memory and disks")
    )


def _fitting(must: str) -> str:
    """The advice as it is true for a role that may not have been assumed by anybody."""
    if must == _OF_FEDERATED:
        return "If a federated user is suspected, see that the user is contained whom CloudTrail names as its issuer."
    if must == _NEEDS_SOMEBODY:
        return "If CloudTrail shows an AssumeRole event for the session, contain the user who made that call."
    return must


def metadata_is_open(instance: InstanceUse) -> bool:
    """Whether the metadata service may answer others than software on the instance that asks properly."""
    if instance.metadata == "off":
        return False
    return instance.metadata != "v2 required" or instance.hop_limit is None or instance.hop_limit > 1


def _imds(instances: Sequence[InstanceUse]) -> Step:
    modify = "aws ec2 modify-instance-metadata-options"

    def which(each: InstanceUse) -> str:
        return f"{option('--region', each.region)} --instance-id="

    back = [
        f"{modify} {which(each)}{quote(each.id)} --http-tokens="
        f"{'optional' if each.metadata == 'v1 allowed' else 'required'} --http-put-response-hop-limit={each.hop_limit}"
        for each in instances
        if each.hop_limit is not None and each.metadata in ("v1 allowed", "v2 required")
    ]
    strict = " --http-tokens=required --http-put-response-hop-limit=1"
    return Step(
        phase="close",
        title="Require IMDSv2 with a hop limit of 1",
        why=(
            "Without a token, a request that the application is made to send reads the credentials; with more than one "
            "hop, a container or a proxy does. A thief who runs code on the instance reads them all the same."
        ),
        calls=("ec2:ModifyInstanceMetadataOptions",),
        commands=together([Each(f"{modify} {which(each)}", each.id, strict) for each in instances]),
        expected="InstanceMetadataOptions with State pending, HttpTokens required and HttpPutResponseHopLimit 1.",
        breaks="Software that reads the metadata without a token, and containers that are a second hop away.",
        undo=together([Each(command) for command in back]),
    )


def _isolated(instance: InstanceUse) -> Step:
    region = option("--region", instance.region)
    of_instance = quote("--filters=" + json.dumps([{"Name": "instance-id", "Values": [instance.id]}]))
    associated = quote('--query=IamInstanceProfileAssociations[?State==`"associated"`].AssociationId')
    find = f"aws ec2 describe-iam-instance-profile-associations {region} {of_instance} {associated} --output=text"
    swap = (
        f'aws ec2 replace-iam-instance-profile-association {region} --association-id="$EACH" '
        f"--iam-instance-profile=Name={ISOLATION_ROLE}"
    )
    return Step(
        phase="close",
        title="Give the instance the profile without rights, if you keep it running",
        why=(
            f"The profile {ISOLATION_ROLE} is of the template isolation-role, and has to be in the account before. The "
            "metadata service then hands out credentials without rights. Those that were stolen are not touched by it: "
            "the documents deny them."
        ),
        calls=("ec2:DescribeIamInstanceProfileAssociations", "ec2:ReplaceIamInstanceProfileAssociation"),
        commands=(for_each(find, swap),),
        expected="An association with State associating.",
        breaks="Everything on that instance that calls AWS, and Session Manager unless it has a role of its own.",
    )


def renewing(resolved: Resolved, workloads: Workloads | None) -> Iterator[Step]:
    """How those who work with the principal rightfully get credentials again; of one instance, that one alone."""
    if workloads is None:
        return
    is_one = resolved.decided is not None and resolved.decided.plan == "one-instance"
    instances = suspected(resolved, workloads) if is_one else list(workloads.instances)
    if instances:
        yield _restarted(instances)
    groups = sorted({(group, each.region) for each in workloads.launches for group in each.groups})
    refresh, of = "aws autoscaling start-instance-refresh", " --auto-scaling-group-name="
    if groups and not is_one:
        yield Step(
            phase="renew",
            title="Replace the instances of Auto Scaling groups",
            why="In place of stopping them, which makes the group terminate them. Save what a thief left on one first.",
            calls=("autoscaling:StartInstanceRefresh",),
            commands=together([Each(f"{refresh} {option('--region', region)}{of}", each) for each, region in groups]),
            expected="An InstanceRefreshId for each group.",
            breaks="Instances are terminated, with what is on them, as fast as the group's settings allow.",
        )
    if workloads.functions and not is_one:
        yield _functions(workloads.functions)


def _restarted(instances: Sequence[InstanceUse]) -> Step:
    regions: dict[str, list[str]] = defaultdict(list)
    for each in instances:
        if each.state == "running":
            regions[each.region].append(each.id)
    commands = []
    for region, ids in sorted(regions.items()):
        which = f"{option('--region', region)} --instance-ids {' '.join(quote(each) for each in sorted(ids))}"
        calls = (f"aws ec2 {call} {which}" for call in ("stop-instances", "wait instance-stopped", "start-instances"))
        commands.append(" && ".join(calls))
    return Step(
        phase="renew",
        title="Give the instances new credentials: stop and start them",
        why=(
            "A reboot does not renew them. Without a stop: associate another instance profile with another role; "
            "another role within the same profile can take an hour to arrive. Instances of an Auto Scaling group are "
            "replaced instead. Otherwise they work again once the metadata service offers credentials from after the "
            "cutoff, which can take an hour, and programs that keep old ones are restarted."
        ),
        calls=("ec2:StopInstances", "ec2:DescribeInstances", "ec2:StartInstances"),
        commands=tuple(commands),
        expected="StoppingInstances, then StartingInstances with the CurrentState pending.",
        breaks="Their instance stores, their memory, and public addresses that are not elastic ones are lost.",
    )


def _functions(functions: Sequence[str]) -> Step:
    update = "aws lambda update-function-configuration"
    return Step(
        phase="renew",
        title="Give the functions new environments",
        why=(
            "Environments that are warm keep the old credentials until they are replaced, which a change of the "
            "configuration does; the description is overwritten, so note it, or change something else. Aliases that "
            "point to a published version need a new version, with provisioned concurrency too."
        ),
        calls=("lambda:UpdateFunctionConfiguration",),
        commands=together(
            [
                Each(f"{update} {option('--region', _region(arn))} --function-name=", arn, " --description=renewed")
                for arn in functions
            ]
        ),
        expected="The configuration with LastUpdateStatus InProgress; in the log, INIT_START lines from then on.",
        breaks="Invocations start cold for a while.",
    )


def _region(arn: str) -> str:
    return (arn.split(":", 4) + [""] * 4)[3]
