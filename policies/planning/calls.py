"""The commands that put a document in its place, and that take it away again."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from policies.commands import document_option, iam
from policies.placed import Placed
from policies.planning.functions import REMOVE_OLD_VERSIONS, Function
from policies.planning.shell import Each, for_each
from scanner.shell import command, option, quote

_KINDS = {"scp": "SERVICE_CONTROL_POLICY", "rcp": "RESOURCE_CONTROL_POLICY"}
_ISSUED = re.compile(r'"aws:TokenIssueTime":"([^"]*)"')
_SILENT = "Nothing; the command ends with 0."


class Calls(NamedTuple):
    """The API actions of a document, and the commands for both ways; see ``together``."""

    actions: tuple[str, ...]
    apply: tuple[Each, ...]
    undo: tuple[Each, ...]
    expected: str


@lru_cache(maxsize=4096)  # a role is in the plans of all that reach it
def calls_of(placed: Placed, partition: str) -> Calls:
    """How a document is put in place and taken away; nothing is overwritten that somebody else wrote."""
    kind, name = whose(placed)
    if placed.layer == "inline":
        return _inline(placed, kind, name)
    if placed.layer == "managed":
        return _managed(placed, kind, name, partition)
    if placed.layer == "boundary":
        return _boundary(placed, kind, name)
    if placed.layer == "trust":
        return _trust(placed, name)
    if placed.layer == "permission set":
        return _permission_set(placed)
    return _of_organization(placed)


def whose(placed: Placed) -> tuple[str, str]:
    """``role`` or ``user``, and its name, of the principal that a document is put on."""
    kind, _, name = placed.target.split(":", 5)[-1].partition("/")
    return kind, name.rpartition("/")[2]


def _around_cutoff(document: str) -> tuple[str, ...]:
    """The document in one piece, or before and after its cutoff."""
    found = _ISSUED.search(document)
    return (document,) if found is None else (document[: found.start(1)], document[found.end(1) :])


def _uses(function: Function, pieces: tuple[str, ...]) -> tuple[Function, ...]:
    """The functions for a document; it is the cutoff in it that ``latest`` stands for."""
    return (function,) if len(pieces) == 1 else ("latest", function)


def _of(operation: str, kind: str, name: str, rest: str = "") -> Each:
    """A call of IAM about a role or user."""
    return Each(f"{command('aws', 'iam', operation)} --{kind}-name=", name, rest)


def _inline(placed: Placed, kind: str, name: str) -> Calls:
    pieces = _around_cutoff(placed.document)
    own = " " + option("--policy-name", placed.name)
    put = _of(f"put-{kind}-policy", kind, name, f"{own} {document_option(placed.document)}")
    if len(pieces) > 1:
        put = Each(f"revoke {quote(kind)} ", name, f" {command(placed.name, *pieces)}", _uses("revoke", pieces))
    # The policy as it was before; deleted where there was none.
    back = _of(f"delete-{kind}-policy", kind, name, own)
    if placed.previous is not None:
        back = _of(f"put-{kind}-policy", kind, name, f"{own} --policy-document {quote(placed.previous)}")
    return Calls((f"iam:Put{kind.title()}Policy",), (put,), (back,), _SILENT)


def _managed(placed: Placed, kind: str, name: str, partition: str) -> Calls:
    start = f"arn:{partition}:iam::{placed.target.split(':')[4]}:policy"
    arn = f"{start}/{placed.name}"
    pieces = _around_cutoff(placed.document)
    apply = Each(f"attach {quote(kind)} ", name, f" {command(start, placed.name, *pieces)}", _uses("attach", pieces))
    version = iam("create-policy-version", policy_arn=arn)
    if placed.previous is not None:
        # It was attached before, and stays so.
        back = [f"{version} --policy-document {quote(placed.previous)} --set-as-default >/dev/null"]
    else:
        back = [_of(f"detach-{kind}-policy", kind, name, " " + option("--policy-arn", arn)).command]
    back.append(f"(ARN={quote(arn)}; {REMOVE_OLD_VERSIONS})")
    if placed.previous is None:
        back.append(iam("delete-policy", policy_arn=arn))
    actions = ("iam:CreatePolicy", "iam:CreatePolicyVersion", f"iam:Attach{kind.title()}Policy")
    return Calls(actions, (apply,), tuple(map(Each, back)), _SILENT)


def _boundary(placed: Placed, kind: str, name: str) -> Calls:
    def put(arn: str) -> Each:
        return _of(f"put-{kind}-permissions-boundary", kind, name, " " + option("--permissions-boundary", arn))

    back = put(placed.previous) if placed.previous else _of(f"delete-{kind}-permissions-boundary", kind, name)
    return Calls((f"iam:Put{kind.title()}PermissionsBoundary",), (put(placed.name),), (back,), _SILENT)


def _trust(placed: Placed, name: str) -> Calls:
    def update(document: str) -> Each:
        return _of("update-assume-role-policy", "role", name, f" --policy-document {quote(document)}")

    back = (update(placed.previous),) if placed.previous else ()
    return Calls(("iam:UpdateAssumeRolePolicy",), (update(placed.document),), back, _SILENT)


def _permission_set(placed: Placed) -> Calls:
    # The instance and the permission set are known in the management account alone.
    target = '--instance-arn="$INSTANCE_ARN" --permission-set-arn="$PERMISSION_SET_ARN"'
    provision = f"aws sso-admin provision-permission-set {target} --target-type=ALL_PROVISIONED_ACCOUNTS"
    told = (
        ': "${INSTANCE_ARN:?say which: aws sso-admin list-instances}" '
        '"${PERMISSION_SET_ARN:?say which: aws sso-admin list-permission-sets}"'
    )
    read = f"aws sso-admin get-inline-policy-for-permission-set {target} --query=InlinePolicy --output=text"
    refused = (
        "echo 'The permission set has an inline policy of its own, which would be lost. Save it, and have the Deny "
        "added to it: guardrift policies render permission-set-revoke-person --existing FILE' >&2; exit 1"
    )
    before, *after = _around_cutoff(placed.document)
    ours = "".join((quote(before), "*", *(quote(each) for each in after)))
    inline = f'--inline-policy {quote(before)}"$AT"{quote("".join(after))}'
    put = (
        f"({told}; AT=$CUTOFF; THERE=$({read}) || exit 1; case $THERE in ''|None) ;; "
        f'{ours}) THERE=${{THERE#{quote(before)}}}; THERE=${{THERE%%\'"\'*}}; latest "$THERE" ;; *) {refused} ;; esac; '
        f"aws sso-admin put-inline-policy-to-permission-set {target} {inline} && {provision})"
    )
    back = f"({told}; aws sso-admin delete-inline-policy-from-permission-set {target} && {provision})"
    return Calls(
        ("sso:GetInlinePolicyForPermissionSet", "sso:PutInlinePolicyToPermissionSet", "sso:ProvisionPermissionSet"),
        (Each(put, uses=("latest",)),),
        (Each(back),),
        "A PermissionSetProvisioningStatus whose Status becomes SUCCEEDED "
        "(aws sso-admin describe-permission-set-provisioning-status).",
    )


def _of_organization(placed: Placed) -> Calls:
    kind = _KINDS[placed.layer]
    pieces = _around_cutoff(placed.document)
    put = command("organize", placed.name, kind, placed.target, *pieces)
    find = " ".join(
        (
            "aws organizations list-policies-for-target",
            option("--target-id", placed.target),
            option("--filter", kind),
            quote(f"--query=Policies[?Name=='{placed.name}'].Id"),
            "--output=text",
        )
    )
    target = option("--target-id", placed.target)
    detach = f'aws organizations detach-policy --policy-id="$EACH" {target}'
    delete = 'aws organizations delete-policy --policy-id="$EACH"'
    return Calls(
        (
            "organizations:ListPolicies",
            "organizations:CreatePolicy",
            "organizations:UpdatePolicy",
            "organizations:AttachPolicy",
        ),
        (Each(put, uses=_uses("organize", pieces)),),
        (Each(for_each(find, f"{detach} && {delete}")),),
        _SILENT,
    )
