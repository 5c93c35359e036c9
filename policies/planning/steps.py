"""The steps of a plan, in a safe order: evidence first, the organization before the account, the way in before renewal.

Source: "Revoke IAM role temporary security credentials" in the IAM User Guide; "Retrieve security credentials from
instance metadata" in the Amazon EC2 User Guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policies.commands import iam
from policies.dispatch import Resolved
from policies.planning.calls import calls_of, with_one_cutoff
from policies.planning.plan import PlannedDocument, Step
from scanner.containment.kind_facts import facts_of
from scanner.containment.workloads import Workloads
from scanner.inventory import AccessKey, Account, Gap, Role, User, describe
from scanner.shell import option, quote

_BY_ORGANIZATION = frozenset({"scp", "rcp", "permission set"})


def evidence(resolved: Resolved, workloads: Workloads | None) -> Iterator[Step]:
    """What is saved before anything is changed."""
    principal = resolved.principal
    if principal is not None:
        kind = "role" if isinstance(principal, Role) else "user"
        named = {f"{kind}_name": principal.name}
        reads = (f"get-{kind}", f"list-{kind}-policies", f"list-attached-{kind}-policies")
        yield Step(
            phase="evidence",
            title=f"Save what is there of the {kind}",
            why="Undoing needs it, and nobody remembers it. Do not delete the principal: its unique id is evidence.",
            calls=tuple(f"iam:{_camel(read)}" for read in reads),
            commands=tuple(f"{iam(read, **named)} >{quote(f'evidence-{read}.json')}" for read in reads),
        )
    for each in workloads.instances if workloads and resolved.decided and _is_suspected(resolved, workloads) else ():
        if resolved.session not in (None, each.id):
            continue
        yield Step(
            phase="evidence",
            title="Save the disks of the instance, and its memory if you can",
            why="Stopping it loses its memory and its instance store: take the memory first, by a way that you trust.",
            calls=("ec2:CreateSnapshots",),
            commands=(
                "aws ec2 create-snapshots "
                + option("--region", each.region)
                + " "
                + quote(f"--instance-specification=InstanceId={each.id}")
                + " --description=evidence",
            ),
        )


def _is_suspected(resolved: Resolved, workloads: Workloads) -> bool:
    return any(each.id == resolved.session for each in workloads.instances)


def _camel(operation: str) -> str:
    return "".join(word.title() for word in operation.split("-"))


def containing(documents: Sequence[PlannedDocument], partition: str) -> Iterator[Step]:
    """One step for each document of the organization, and one for all in IAM, which share their cutoff."""
    for each in documents:
        if each.placed.layer in _BY_ORGANIZATION:
            calls = calls_of(each.placed, partition)
            yield Step(
                phase="organization",
                title=f"Put {each.file} in place",
                why="From the management account: nobody in the account can take it off.",
                calls=calls.actions,
                commands=with_one_cutoff(calls.apply),
                expected=calls.expected,
                document=each.file,
                undo=calls.undo,
            )
    own = [(each, calls_of(each.placed, partition)) for each in documents if each.placed.layer not in _BY_ORGANIZATION]
    if own:
        yield Step(
            phase="contain",
            title="Put the policies in place" if len(own) > 1 else f"Put {own[0][0].file} in place",
            why="All at once and with one cutoff: roles that lead to one another renew each other's sessions."
            if len(own) > 1
            else "A change takes some seconds to spread; the cutoff lies ahead for that.",
            calls=tuple(dict.fromkeys(action for _, calls in own for action in calls.actions)),
            commands=with_one_cutoff([command for _, calls in own for command in calls.apply]),
            expected=own[0][1].expected,
            document=", ".join(each.file for each, _ in own[:5]),
            undo=tuple(command for _, calls in reversed(own) for command in calls.undo),
        )


def keys_off(user: User, keys: tuple[AccessKey, ...] | Gap) -> Iterator[Step]:
    """The access keys of a user made inactive: not deleted, which would lose when they were used last."""
    if isinstance(keys, Gap):
        yield Step(
            phase="contain",
            title="Make the access keys inactive",
            why=f"They were not read ({describe(keys)}): list them, and make each inactive.",
            calls=("iam:ListAccessKeys", "iam:UpdateAccessKey"),
            commands=(iam("list-access-keys", user_name=user.name),),
        )
        return
    active = sorted(key.id for key in keys if key.is_active)
    if active:
        yield Step(
            phase="contain",
            title="Make the access keys inactive",
            why="Both, not only the leaked one. Sessions made from them live on: the policy denies these.",
            calls=("iam:UpdateAccessKey",),
            commands=tuple(_status(user, each, "Inactive") for each in active),
            expected="Nothing; the command ends with 0.",
            breaks="Everything that signs with these keys.",
            undo=tuple(_status(user, each, "Active") for each in active),
        )


def _status(user: User, key: str, status: str) -> str:
    return iam("update-access-key", user_name=user.name, access_key_id=key, status=status)


def closing(resolved: Resolved, workloads: Workloads | None) -> Iterator[Step]:
    """How the way by which the credentials were stolen is closed."""
    for each in workloads.open_instances if workloads else ():
        yield Step(
            phase="close",
            title="Require IMDSv2 on an instance",
            why="A request that the application is made to send reads the credentials without it.",
            calls=("ec2:ModifyInstanceMetadataOptions",),
            commands=(
                "aws ec2 modify-instance-metadata-options "
                + option("--region", each.region)
                + " "
                + option("--instance-id", each.id)
                + " --http-tokens=required --http-put-response-hop-limit=1",
            ),
            expected="InstanceMetadataOptions with State pending.",
            breaks="Software on it that still reads the metadata without a token, and containers behind a second hop.",
        )
    told = list(dict.fromkeys(must for kind in resolved.kinds.names for must in facts_of(kind).must))
    for must in told:
        yield Step(phase="close", title=must)


def renewing(workloads: Workloads | None) -> Iterator[Step]:
    """How those who work with the principal rightfully get credentials again."""
    if workloads is None:
        return
    for each in workloads.instances:
        stop = " ".join((option("--region", each.region), option("--instance-ids", each.id)))
        yield Step(
            phase="renew",
            title="Give an instance new credentials: stop and start it",
            why=(
                "A reboot does not renew them. Without a stop: associate another instance profile with another role. "
                "Instances of an Auto Scaling group are replaced instead (start-instance-refresh)."
            ),
            calls=("ec2:StopInstances", "ec2:StartInstances"),
            commands=(f"aws ec2 stop-instances {stop}", f"aws ec2 start-instances {stop}"),
            breaks="Its instance store, its memory and an address that is not an elastic one are lost.",
        )
    for arn in workloads.functions:
        yield Step(
            phase="renew",
            title="Give a function new environments",
            why="Environments that are warm keep the old credentials; any change of the configuration replaces them.",
            calls=("lambda:UpdateFunctionConfiguration",),
            commands=(
                "aws lambda update-function-configuration " + option("--function-name", arn) + " --description=renewed",
            ),
        )


def removing(documents: Sequence[PlannedDocument], partition: str) -> Step | None:
    """How everything is taken away again, in the reverse order."""
    if not documents:
        return None
    return Step(
        phase="remove",
        title="Take the documents away",
        why=" ".join(dict.fromkeys(each.keep for each in documents)),
        commands=tuple(
            dict.fromkeys(command for each in reversed(documents) for command in calls_of(each.placed, partition).undo)
        ),
    )


def keys_of(account: Account, user: User) -> tuple[AccessKey, ...] | Gap:
    """The access keys of a user, or the gap where they were not read."""
    if isinstance(account.access_keys, Gap):
        return account.access_keys
    return next((holder.keys for holder in account.access_keys if holder.user == user.name), ())
