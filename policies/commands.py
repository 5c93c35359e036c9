"""Commands of the AWS CLI that put containment in place and take it away again."""

from __future__ import annotations

from policies.cutoff import PLACEHOLDER, SHELL_ASSIGNMENT, SHELL_EXPANSION
from scanner.shell import command, option, quote

# Where a value begins like this, the AWS CLI sends what the file or the address holds (version 1 still fetches http).
_READ_FROM_ELSEWHERE = ("file://", "fileb://", "http://", "https://")


def cannot_be_sent(values: tuple[str, ...]) -> bool:
    """Whether one of these texts would reach AWS as something else; no name, key id or ARN of IAM is such a text."""
    return any(value == "" or "\0" in value or value.casefold().startswith(_READ_FROM_ELSEWHERE) for value in values)


def iam(operation: str, **options: str) -> str:
    """A call of ``aws iam``; an option is named as its parameter, ``role_name`` for ``--role-name``."""
    words = (option("--" + name.replace("_", "-"), value) for name, value in options.items())
    return " ".join((command("aws", "iam", operation), *words))


def document_option(document: str) -> str:
    """The option for a policy document, in single quotes but for the cutoff, which the shell fills in."""
    return "--policy-document " + SHELL_EXPANSION.join(quote(part) for part in document.split(PLACEHOLDER))


def with_cutoff(document: str, commands: str) -> str:
    """Commands that send a document, in a subshell that first computes the cutoff if the document leaves it open."""
    return f"({SHELL_ASSIGNMENT} && {commands})" if PLACEHOLDER in document else commands


def put_role_policy(role: str, policy: str, document: str) -> str:
    """Put an inline policy on a role, in place of one of the same name."""
    put = f"{iam('put-role-policy', role_name=role, policy_name=policy)} {document_option(document)}"
    return with_cutoff(document, put)


def put_user_policy(user: str, policy: str, document: str) -> str:
    """Put an inline policy on a user, in place of one of the same name."""
    put = f"{iam('put-user-policy', user_name=user, policy_name=policy)} {document_option(document)}"
    return with_cutoff(document, put)


def attach_own_policy(role: str, policy: str, policy_arn: str, document: str) -> str:
    """Create a managed policy, or give one left from before a new default version, and attach it to a role."""
    create = f"{iam('create-policy', policy_name=policy)} {document_option(document)}"
    update = f"{iam('create-policy-version', policy_arn=policy_arn)} {document_option(document)} --set-as-default"
    attach = iam("attach-role-policy", role_name=role, policy_arn=policy_arn)
    # What these calls print is of no use, and the AWS CLI would wait in a pager with it before it attaches the policy.
    return with_cutoff(document, f"{{ {create} >/dev/null || {update} >/dev/null; }} && {attach}")


def detach_own_policy(role: str, policy_arn: str) -> str:
    """Take the managed policy of ``attach_own_policy`` away again."""
    detach = iam("detach-role-policy", role_name=role, policy_arn=policy_arn)
    return f"{detach} && {iam('delete-policy', policy_arn=policy_arn)}"
