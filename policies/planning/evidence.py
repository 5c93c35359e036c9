"""What is saved before anything is changed, and never overwritten by what is there later.

Sources: GetAccountAuthorizationDetails in the IAM API Reference; LookupEvents in the AWS CloudTrail API Reference;
"Create Amazon EBS snapshots" in the Amazon EBS User Guide; "Suspend and resume Amazon EC2 Auto Scaling processes" in
the Amazon EC2 Auto Scaling User Guide.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator

from policies.commands import iam
from policies.dispatch import Resolved
from policies.planning.lookups import looked_up
from policies.planning.plan import Step
from scanner.containment.workloads import InstanceUse, Workloads
from scanner.inventory import Role, User
from scanner.shell import command, option, quote

_OF_USERS = (
    "list-access-keys", "list-mfa-devices", "list-service-specific-credentials", "list-ssh-public-keys",
    "list-signing-certificates",
)  # fmt: skip
_ID = re.compile(r"[A-Z0-9]{1,40}")


def evidence(resolved: Resolved, workloads: Workloads | None) -> Iterator[Step]:
    """The principal as it is, what CloudTrail knows of it, and the disks of an instance that is suspected."""
    principal = resolved.principal
    case = _case(resolved)
    if principal is not None:
        yield _of_principal(principal, case)
    found = tuple(
        _saved(f"{lookup} --output=json", f"{case}-events-{number}.json")
        for number, lookup in enumerate(looked_up(resolved.subject, principal), start=1)
    )
    if found:
        yield Step(
            phase="evidence",
            title="Save what CloudTrail knows of it",
            why="The events of 90 days in one region: repeat it for every region that it may have worked in.",
            calls=("cloudtrail:LookupEvents",),
            commands=found,
        )
    for each in suspected(resolved, workloads):
        yield _disks(each)
        launches = workloads.launches if workloads is not None else ()
        groups = {group for launch in launches if launch.region == each.region for group in launch.groups}
        if groups:
            yield _suspended([(group, each.region) for group in sorted(groups)])


def suspected(resolved: Resolved, workloads: Workloads | None) -> list[InstanceUse]:
    """The instance whose session is suspected, if it is one with the role."""
    told = {resolved.session, resolved.subject.instance} - {None}
    return [each for each in workloads.instances if each.id in told] if workloads is not None else []


def _case(resolved: Resolved) -> str:
    """How the files begin: one principal does not overwrite another one's."""
    principal = resolved.principal
    known = principal.id if principal is not None else resolved.subject.kind
    if _ID.fullmatch(known):
        return f"evidence-{known}"
    told = f"{resolved.arn}:{resolved.subject.user_id}".encode("utf-8", "surrogatepass")
    return f"evidence-{hashlib.sha256(told).hexdigest()[:16]}"


def _saved(reading: str, file: str) -> str:
    """A file that is there stays as it is: after the containment the answer would be another one."""
    return f"(set -o noclobber && {reading} >{quote(file)})"


def _of_principal(principal: Role | User, case: str) -> Step:
    kind = "role" if isinstance(principal, Role) else "user"
    named = {f"{kind}_name": principal.name}
    of = kind.title()
    literal = json.dumps(principal.name).replace("`", "\\`")
    # Text comes page by page, JSON as a whole.
    query = quote(f"--query={of}DetailList[?{of}Name==`{literal}`]")
    details = f"{iam('get-account-authorization-details', filter=of)} {query} --output=json"
    reads = {f"get-{kind}": iam(f"get-{kind}", **named)}
    if kind == "user":
        reads |= {name: iam(name, **named) for name in _OF_USERS}
    return Step(
        phase="evidence",
        title=f"Save what is there of the {kind}",
        why=(
            "With its policies, its boundary and its tags: undoing needs them, and nobody remembers them. Do not "
            f"delete the {kind}: its unique id is evidence, and a new one under its name has another."
        ),
        calls=("iam:GetAccountAuthorizationDetails", *(f"iam:{_camel(name)}" for name in reads)),
        commands=(
            _saved(details, f"{case}-details.json"),
            *(_saved(f"{read} --output=json", f"{case}-{name}.json") for name, read in reads.items()),
        ),
        expected="Nothing; the files are written. One that is there already is not overwritten, and the command fails.",
    )


def _camel(operation: str) -> str:
    words = {"ssh": "SSH", "mfa": "MFA"}
    return "".join(words.get(word, word.title()) for word in operation.split("-"))


def _disks(instance: InstanceUse) -> Step:
    which = quote("--instance-specification=" + json.dumps({"InstanceId": instance.id}))
    return Step(
        phase="evidence",
        title="Save the disks of the instance, and its memory if you can",
        why=(
            "Stopping it loses its memory and its instance store: take the memory first, by a way that does not need "
            "the role, which is about to lose its rights."
        ),
        calls=("ec2:CreateSnapshots",),
        commands=(f"aws ec2 create-snapshots {option('--region', instance.region)} {which} --description=evidence",),
        expected="One snapshot for each volume, with State pending.",
    )


def _suspended(groups: list[tuple[str, str]]) -> Step:
    def call(operation: str, group: str, region: str) -> str:
        words = (option("--region", region), option("--auto-scaling-group-name", group))
        processes = "--scaling-processes Terminate ReplaceUnhealthy AZRebalance InstanceRefresh"
        return f"{command('aws', 'autoscaling', operation)} {' '.join(words)} {processes}"

    return Step(
        phase="evidence",
        title="Keep the Auto Scaling group from terminating the instance",
        why="A group replaces an instance that is stopped or isolated, and what is on it is lost.",
        calls=("autoscaling:SuspendProcesses",),
        commands=tuple(call("suspend-processes", *each) for each in groups),
        expected="Nothing; the command ends with 0.",
        breaks="The group no longer replaces instances that fail, until the processes are resumed.",
        undo=tuple(call("resume-processes", *each) for each in groups),
    )
