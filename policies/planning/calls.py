"""The commands that put a document in its place, and that take it away again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from policies.commands import document_option, iam
from policies.cutoff import PLACEHOLDER, SHELL_ASSIGNMENT
from policies.placed import Placed
from scanner.shell import command, option, quote

_CUTOFF = "CUTOFF"
_KINDS = {"scp": "SERVICE_CONTROL_POLICY", "rcp": "RESOURCE_CONTROL_POLICY"}
_ISSUED = re.compile(r'"aws:TokenIssueTime":"([^"]*)"')

# What is there may be one statement or a list of them; 0 where it has no cutoff.
_AT = 'Condition.DateLessThan."aws:TokenIssueTime"'
_QUERY = quote(f"--query=not_null(PolicyDocument.Statement[].{_AT}|[0],PolicyDocument.Statement.{_AT},`0`)")


def with_one_cutoff(commands: Sequence[str]) -> tuple[str, ...]:
    """Commands that share one cutoff as one, which computes it first; all are tried, and it fails if one does.

    Commands without a cutoff stay as they are.
    """
    if not any(_CUTOFF in each for each in commands):
        return tuple(commands)
    tried = "; ".join(f"{{ {each}; }} || failed=1" for each in commands)
    return (f"({SHELL_ASSIGNMENT} && failed=0 && {{ {tried}; exit $failed; }})",)


class Calls(NamedTuple):
    """The API actions of a document, and the commands for both ways.

    Those of ``apply`` take the cutoff from the shell's variable ``CUTOFF``; see ``with_one_cutoff``.
    """

    actions: tuple[str, ...]
    apply: tuple[str, ...]
    undo: tuple[str, ...]
    expected: str


def calls_of(placed: Placed, partition: str) -> Calls:
    """How a document is put in place and taken away; nothing is overwritten that somebody else wrote."""
    kind, _, name = placed.target.split(":", 5)[-1].partition("/")
    name = name.rpartition("/")[2]
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


def _inline(placed: Placed, kind: str, name: str) -> Calls:
    named = {f"{kind}_name": name, "policy_name": placed.name}
    put = f"{iam(f'put-{kind}-policy', **named)} {document_option(placed.document)}"
    return Calls(
        (f"iam:Put{kind.title()}Policy",),
        (_unless_later(placed, kind, named, put),),
        (_put_back(placed, kind, named),),
        "Nothing; the command ends with 0.",
    )


def _put_back(placed: Placed, kind: str, named: dict[str, str]) -> str:
    """The policy as it was before; deleted where there was none."""
    if placed.previous is None:
        return iam(f"delete-{kind}-policy", **named)
    return f"{iam(f'put-{kind}-policy', **named)} {document_option(placed.previous)}"


def _unless_later(placed: Placed, kind: str, named: dict[str, str], put: str) -> str:
    """The command, unless a later cutoff is there already: a cutoff is never lowered."""
    found = _ISSUED.search(placed.document)
    if found is None:
        return put
    read = iam(f"get-{kind}-policy", **named)
    cutoff = '"$CUTOFF"' if found[1] == PLACEHOLDER else quote(found[1])
    there = f"THERE=$({read} {_QUERY} --output=text 2>/dev/null || true)"
    is_later = f'case "$THERE" in [0-9][0-9][0-9][0-9]-*Z) [ "$THERE" \\> {cutoff} ];; *) false;; esac'
    kept = "echo 'A later cutoff is in place already, and is kept.' >&2"
    return f"{there}; if {is_later}; then {kept}; else {put}; fi"


def _managed(placed: Placed, kind: str, name: str, partition: str) -> Calls:
    account = placed.target.split(":")[4]
    arn = f"arn:{partition}:iam::{account}:policy/{placed.name}"
    create = f"{iam('create-policy', policy_name=placed.name)} {document_option(placed.document)} >/dev/null"
    version = iam("create-policy-version", policy_arn=arn)
    update = f"{version} {document_option(placed.document)} --set-as-default >/dev/null"
    attach = iam(f"attach-{kind}-policy", **{f"{kind}_name": name, "policy_arn": arn})
    detach = iam(f"detach-{kind}-policy", **{f"{kind}_name": name, "policy_arn": arn})
    return Calls(
        ("iam:CreatePolicy", "iam:CreatePolicyVersion", f"iam:Attach{kind.title()}Policy"),
        (f"{{ {create} || {update}; }} && {attach}",),
        (detach, iam("delete-policy", policy_arn=arn)),
        "Nothing; the command ends with 0.",
    )


def _boundary(placed: Placed, kind: str, name: str) -> Calls:
    named = {f"{kind}_name": name}
    put = iam(f"put-{kind}-permissions-boundary", **named, permissions_boundary=placed.name)
    back = (
        iam(f"put-{kind}-permissions-boundary", **named, permissions_boundary=placed.previous)
        if placed.previous
        else iam(f"delete-{kind}-permissions-boundary", **named)
    )
    return Calls((f"iam:Put{kind.title()}PermissionsBoundary",), (put,), (back,), "Nothing; the command ends with 0.")


def _trust(placed: Placed, name: str) -> Calls:
    put = f"{iam('update-assume-role-policy', role_name=name)} {document_option(placed.document)}"
    back = f"{iam('update-assume-role-policy', role_name=name)} {document_option(placed.previous or '')}"
    return Calls(("iam:UpdateAssumeRolePolicy",), (put,), (back,), "Nothing; the command ends with 0.")


def _permission_set(placed: Placed) -> Calls:
    # The instance and the permission set are known in the management account alone.
    target = '--instance-arn="$INSTANCE_ARN" --permission-set-arn="$PERMISSION_SET_ARN"'
    put = f"aws sso-admin put-inline-policy-to-permission-set {target} " + document_option(placed.document).replace(
        "--policy-document", "--inline-policy", 1
    )
    provision = f"aws sso-admin provision-permission-set {target} --target-type=ALL_PROVISIONED_ACCOUNTS"
    back = (
        f"aws sso-admin put-inline-policy-to-permission-set {target} "
        + document_option(placed.previous).replace("--policy-document", "--inline-policy", 1)
        if placed.previous
        else f"aws sso-admin delete-inline-policy-from-permission-set {target}"
    )
    return Calls(
        ("sso:PutInlinePolicyToPermissionSet", "sso:ProvisionPermissionSet"),
        (put, provision),
        (back, provision),
        "A PermissionSetProvisioningStatus whose Status becomes SUCCEEDED.",
    )


def _of_organization(placed: Placed) -> Calls:
    create = command("aws", "organizations", "create-policy") + " "
    create += " ".join((option("--name", placed.name), option("--type", _KINDS[placed.layer])))
    create += " --description=guardrift --query=Policy.PolicySummary.Id --output=text "
    create += document_option(placed.document).replace("--policy-document", "--content", 1)
    attach = 'aws organizations attach-policy --policy-id="$POLICY" ' + option("--target-id", placed.target)
    find = (
        "POLICY=$(aws organizations list-policies-for-target "
        + option("--target-id", placed.target)
        + " "
        + option("--filter", _KINDS[placed.layer])
        + " "
        + quote(f"--query=Policies[?Name=='{placed.name}'].Id")
        + " --output=text)"
    )
    detach = 'aws organizations detach-policy --policy-id="$POLICY" ' + option("--target-id", placed.target)
    return Calls(
        ("organizations:CreatePolicy", "organizations:AttachPolicy"),
        (f"POLICY=$({create}) && {attach}",),
        (f'{find} && {detach} && aws organizations delete-policy --policy-id="$POLICY"',),
        "Nothing; the command ends with 0. It is run in the management account.",
    )
