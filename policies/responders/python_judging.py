"""Python source of a responder: which of the mistakes it makes that leave a thief in.

Sources: "AccessKeyDetails" in the GuardDuty API Reference, whose userName is the name of a role for sessions of roles;
PutRolePolicy, CreatePolicy and UpdateAccessKey in the IAM API Reference.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from policies.responders.faults import Fault, told
from policies.responders.python_cutoffs import judge_cutoff
from policies.responders.python_endings import hidden_errors, silent_endings
from policies.responders.python_policies import Written, policies_of
from policies.responders.python_says import SAYS
from policies.responders.python_source import Code, argument, called, subscripts, text_of
from policies.responders.revocations import has_cutoff, judge_policy

ON_ROLES = ("put_role_policy", "attach_role_policy", "put_role_permissions_boundary")
ON_USERS = ("put_user_policy", "attach_user_policy", "put_user_permissions_boundary")
ON_KEYS = ("update_access_key", "delete_access_key")
_DELETING = ("delete_access_key", "delete_user", "delete_role")
_CONSOLE = "AWSRevokeOlderSessions"


def judge_python(tree: ast.Module, place: str = "") -> Iterator[Fault]:
    """What is wrong with a responder; nothing with source that puts no policy and touches no key."""
    code = Code(tree)
    acting = code.calls(*ON_ROLES, *ON_USERS, *ON_KEYS, *_DELETING, "create_policy")
    if not acting:
        return
    policies = tuple(policies_of(code))
    found = [
        *_of_policies(code, policies),
        *_of_subject(code),
        *_of_putting(code, policies),
        *_of_users(code, policies),
        *hidden_errors(tree, acting),
        *silent_endings(tree, acting),
    ]
    for each in found:
        where = f"{place}, {each.where}" if place else each.where
        yield Fault(each.id, where, each.what, each.why, each.instead)


def _line(node: ast.AST) -> str:
    return f"line {getattr(node, 'lineno', 0)}"


def _of_policies(code: Code, policies: tuple[Written, ...]) -> Iterator[Fault]:
    """The documents themselves, and how their cutoff is computed."""
    for policy in policies:
        yield from judge_policy(policy.text, place=f"line {policy.line}")
        for cutoff in policy.cutoffs:
            yield from judge_cutoff(code, cutoff)


def _of_subject(code: Code) -> Iterator[Fault]:
    """Whom the code acts on: the name alone does not tell a role from a user of the same name."""
    for call in code.calls(*ON_ROLES):
        if "username" not in subscripts(code.flow(argument(call, "RoleName"))):
            continue
        if not code.says("userType"):
            yield told(SAYS, "no-user-type", _line(call))
        if not (code.says("principalId") or code.says("RoleId")):
            yield told(SAYS, "no-unique-id", _line(call))
    reading = [node for node in code.nodes if text_of(node) == "accessKeyDetails"]
    if reading and not code.says("sample"):
        yield told(SAYS, "no-sample-guard", _line(reading[0]))
    accounts = [node for node in code.nodes if isinstance(node, ast.Subscript) and text_of(node.slice) == "account"]
    if reading and accounts and not code.says("accountId"):
        yield told(SAYS, "envelope-account", _line(accounts[0]))


def _of_putting(code: Code, policies: tuple[Written, ...]) -> Iterator[Fault]:
    revokes = any(has_cutoff(policy.text) for policy in policies)
    for call in code.calls("put_role_policy", "put_user_policy"):
        name = _constant(code, argument(call, "PolicyName"))
        if revokes and not code.calls("get_role_policy", "get_user_policy"):
            yield told(SAYS, "cutoff-can-go-back", _line(call))
        if revokes and name is not None and name != _CONSOLE and not name.startswith("ir-"):
            yield told(SAYS, "second-policy", _line(call), name)
        if _removes_spaces(code.flow(argument(call, "PolicyDocument"))):
            yield told(SAYS, "spaces-removed", _line(call))
    for call in code.calls("create_policy"):
        name = _constant(code, argument(call, "PolicyName"))
        if name is not None and not code.says("EntityAlreadyExists"):
            yield told(SAYS, "policy-exists", _line(call), name)


def _of_users(code: Code, policies: tuple[Written, ...]) -> Iterator[Fault]:
    for call in code.calls("put_user_policy"):
        documents = [policy for policy in policies if policy.line in _lines(code, argument(call, "PolicyDocument"))]
        for policy in documents:
            faults = judge_policy(policy.text, attached_to="user", place=f"line {policy.line}")
            yield from (fault for fault in faults if fault.id == "role-style-on-user")
    for call in code.calls("update_access_key"):
        if not code.calls(*ON_USERS):
            yield told(SAYS, "key-only", _line(call))
        if "accesskeyid" in subscripts(code.flow(argument(call, "AccessKeyId"))) and not (
            code.says("AKIA") or code.says("ASIA")
        ):
            yield told(SAYS, "temporary-key", _line(call))
    for call in code.calls(*_DELETING):
        yield told(SAYS, "evidence-deleted", _line(call), called(call))


def _lines(code: Code, document: ast.expr | None) -> frozenset[int]:
    return frozenset(getattr(node, "lineno", 0) for node in code.flow(document))


def _constant(code: Code, value: ast.expr | None) -> str | None:
    """A text, also through one name."""
    if isinstance(value, ast.Name):
        bound = code.bound.get(value.id, [])
        value = bound[0] if len(bound) == 1 else None
    return text_of(value)


def _removes_spaces(nodes: tuple[ast.AST, ...]) -> bool:
    return any(
        isinstance(node, ast.Call)
        and called(node) == "replace"
        and [text_of(each) for each in node.args[:2]] == [" ", ""]
        for node in nodes
    )
