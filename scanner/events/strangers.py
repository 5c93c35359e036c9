"""Who of other accounts the policy of a resource lets in: anybody, or those that it names.

A caller chooses some keys of his request himself, such as the name of his role or the source of his event: a condition
that only asks for those keeps nobody out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import msgspec

from scanner.iam.conditions import is_settled
from scanner.iam.context import Context
from scanner.iam.documents import Condition, Policy, Statement, parse
from scanner.iam.formula import Clause, Formula, Verdict, verdict
from scanner.iam.matching import covers_action, covers_resource
from scanner.iam.principals import account_of, is_account_id
from scanner.iam.tally import conditions_left, patterns_of
from scanner.iam.variables import MARK, matches_resolved
from scanner.inventory import ResourcePolicy

_CHOSEN = frozenset({
    "aws:principalarn", "aws:principalorgpaths", "aws:username", "aws:principaltype", "aws:multifactorauthpresent",
    "aws:multifactorauthage", "aws:useragent", "aws:referer", "events:source", "events:detail-type", "sns:protocol",
    "lambda:functionurlauthtype",
})  # fmt: skip
"""Keys whose value is up to the caller, as far as his account leaves him the choice.

How a function's URL asks for credentials is not, but its policy speaks of the way that the URL has.
"""

_CHOSEN_FAMILIES = ("aws:principaltag/", "events:detail.")
_NOT_SENT = frozenset({
    "aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourcevpce", "aws:sourcevpc",
    "aws:vpcsourceip", "aws:principalservicename",
})  # fmt: skip
"""Keys that are not in a request which somebody makes himself, over the internet."""

HIS_VPC = {
    "aws:sourcevpce": ("vpce-0f0e0d0c0b0a09080",), "aws:sourcevpc": ("vpc-0f0e0d0c0b0a09080",),
    "aws:vpcsourceip": ("10.0.0.7",),
}  # fmt: skip
"""What a request through an endpoint in a VPC of the caller's own says; private addresses are his to choose."""

_OF_ORGANIZATIONS = frozenset({"aws:principalorgid", "aws:principalorgpaths"})
"""Keys that are in a request only where the account of the caller belongs to an organization."""

_ADDRESSES = ("198.51.100.7", "2001:db8::7")
"""Where a caller may sit: an address of which nobody thinks, in either family."""

_NOBODY, _NO_ORGANIZATION = "000000000000", "o-0000000000"
_WILDCARD = re.compile(r"[*?]+")
_ACCOUNT, _ORGANIZATION = re.compile(r"[0-9*?]*[0-9][0-9*?]*"), re.compile(r"o-[a-z0-9*?]*[a-z0-9][a-z0-9*?]*")


class Caller(NamedTuple):
    """Somebody of another account.

    Attributes:
        account: his account as the policy has it; empty for one of which it does not speak.
        organization: the same of the organization of his account.
    """

    account: str = ""
    organization: str = ""


ANYBODY = Caller()


def strangers_may(policy: ResourcePolicy | None, action: str, resource: str) -> bool:
    """Whether the policy of a resource lets anybody with an AWS account do something to it, surely."""
    return caller_may(policy, action, resource, ANYBODY) == "yes"


def caller_may(policy: ResourcePolicy | None, action: str, resource: str, caller: Caller) -> Verdict:
    """Whether the policy of a resource lets somebody do something to it; a Deny elsewhere is not looked at."""
    if policy is None:
        return "no"
    parsed = parse(policy.document)
    partition = resource.split(":")[1] if resource.startswith("arn:") else "aws"
    contexts = [_context(caller, partition, each) for each in _ADDRESSES]
    contexts.append(_context(caller, partition, _ADDRESSES[0], through_vpc=True))
    if not caller.organization:
        # He may be of another organization, or of none; the keys that name it are not in the request then.
        contexts.append(_context(caller, partition, _ADDRESSES[0], in_organization=False))
    found = {_answer(parsed, action, resource, caller, each) for each in contexts}
    if "yes" in found:
        return "yes"
    return "only_if" if "only_if" in found or parsed.problems else "no"


def others_may(policy: ResourcePolicy | None, action: str, resource: str, own: str) -> bool:
    """Whether the policy of a resource lets somebody of another account than its own do something to it, or may."""
    return any(
        caller_may(policy, action, resource, caller) != "no" for caller in callers(policy) if caller.account != own
    )


def callers(policy: ResourcePolicy | None) -> tuple[Caller, ...]:
    """Everybody of whom the Allow statements of a policy speak: anybody, and the accounts and organizations named."""
    statements = parse(policy.document).statements if policy is not None else ()
    found = (each for statement in statements if statement.allows for each in _callers_of(statement))
    return tuple(dict.fromkeys((ANYBODY, *found)))


def _callers_of(statement: Statement) -> Iterator[Caller]:
    texts = () if statement.not_principals else (text for kind, text in statement.principals if kind == "AWS")
    accounts = dict.fromkeys(account for account in map(account_of, texts) if account)
    organizations: dict[str, None] = {}
    for condition in statement.conditions:
        for value in condition.values if _is_positive(condition) else ():
            if condition.key == "aws:principalaccount":
                accounts[value] = None
            elif condition.key == "aws:principalarn" and value.count(":") >= 5:
                accounts[value.split(":")[4]] = None
            elif condition.key in {"aws:principalorgid", "aws:principalorgpaths"}:
                organizations[value.partition("/")[0]] = None
    # A pattern that holds for everybody, and a variable, name nobody.
    for account in ("", *filter(_ACCOUNT.fullmatch, accounts)):
        for organization in ("", *filter(_ORGANIZATION.fullmatch, organizations)):
            yield Caller(account, organization)


def _is_positive(condition: Condition) -> bool:
    return condition.operator.startswith(("string", "arn")) and "not" not in condition.operator


@lru_cache(maxsize=4096)
def _context(
    caller: Caller, partition: str, address: str, *, in_organization: bool = True, through_vpc: bool = False
) -> Context:
    account = _WILDCARD.sub("0", caller.account) or _NOBODY
    organization = _WILDCARD.sub("0", caller.organization) or _NO_ORGANIZATION
    told: dict[str, tuple[str, ...]] = {"aws:principalorgid": (organization,)} if in_organization else {}
    told |= HIS_VPC if through_vpc else {"aws:sourceip": (address,)}
    absent = _NOT_SENT.difference(HIS_VPC) | {"aws:sourceip"} if through_vpc else _NOT_SENT
    return Context(
        {
            **told,
            "aws:principalaccount": (account,),
            "aws:principalisawsservice": ("false",),
            "aws:viaawsservice": ("false",),
            "aws:sourceowner": (account,),
            "aws:securetransport": ("true",),
            "events:creatoraccount": (account,),
        },
        absent=absent if in_organization else absent | _OF_ORGANIZATIONS,
        present=frozenset({"aws:principalarn"} | ({"aws:principalorgpaths"} if in_organization else set())),
        shapes={"aws:principalarn": f"arn:{partition}:iam::{account}:*", "aws:principalorgpaths": f"{organization}/*"},
    )


def _answer(policy: Policy, action: str, resource: str, caller: Caller, context: Context) -> Verdict:
    has_variables = policy.version != "2008-10-17"
    own = context.shapes["aws:principalarn"].removesuffix("*")
    allows: list[Clause] = []
    denies: list[Clause] = []
    for statement in policy.statements:
        if not covers_action(statement, action) or not _speaks_of(statement, caller.account):
            continue
        if not covers(statement, resource, context, has_variables):
            continue
        clause = conditions_left(_by_pattern(statement, own), context, has_variables=has_variables)
        if clause is not None:
            (allows if statement.allows else denies).append(clause)
    if verdict(Formula(tuple(denies), ((tuple(allows),),))) == "no":
        return "no"
    # What he does not choose goes against him; of the rest one choice that is let in suffices.
    sure = tuple(clause for clause in allows if clause == _chosen(clause))
    against = tuple(map(_chosen, denies))
    return "only_if" if verdict(Formula(against, ((sure,),))) == "no" else "yes"


def _chosen(clause: Clause) -> Clause:
    """The conditions of a clause that a caller can meet or miss as he likes."""
    return frozenset(
        atom
        for atom in clause
        if is_settled(atom.condition)
        and (atom.condition.key in _CHOSEN or atom.condition.key.startswith(_CHOSEN_FAMILIES))
    )


def _by_pattern(statement: Statement, own: str) -> Statement:
    """The statement with its conditions on the ARN of the caller as patterns that can be held against his.

    The parts of an ARN are compared one by one, so that no star reaches over to the account of somebody else.
    """
    if not any(condition.key == "aws:principalarn" for condition in statement.conditions):
        return statement
    return msgspec.structs.replace(
        statement,
        conditions=tuple(
            _of_caller(each, own) if each.key == "aws:principalarn" else each for each in statement.conditions
        ),
    )


def _of_caller(condition: Condition, own: str) -> Condition:
    """A condition on the ARN of a caller, all of whose ARNs begin with ``own``; values that fit none are left out."""
    operator = condition.operator
    if operator.startswith("arn"):
        operator = "stringnotlike" if "not" in operator else "stringlike"
    values = tuple(each for each in (_value_for(value, own) for value in condition.values) if each is not None)
    return msgspec.structs.replace(condition, operator=operator, values=values)


def _value_for(value: str, own: str) -> str | None:
    parts, beginning = value.split(":", 5), own.split(":")
    if len(parts) < 6 or MARK in value:
        return value
    return own + parts[5] if all(map(matches_resolved, parts, beginning[:5])) else None


def _speaks_of(statement: Statement, account: str) -> bool:
    """Whether a statement is for some caller of an account: an Allow for one, a Deny only if it is for all of them."""
    some = statement.allows != statement.not_principals
    named = any(
        text == "*" or (account and account_of(text) == account and (some or _is_whole(text)))
        for kind, text in statement.principals
        if kind == "AWS"
    )
    return named != statement.not_principals


def _is_whole(principal: str) -> bool:
    return is_account_id(principal) or principal.endswith(":root")


def covers(statement: Statement, resource: str, context: Context, has_variables: bool) -> bool:
    """Whether a statement of the policy of a resource speaks of it; one without resources does."""
    if not statement.resources and not statement.not_resources:
        return True
    if not any(MARK in pattern for pattern in statement.resources):
        return covers_resource(statement, resource)
    found = patterns_of(statement, context, has_variables=has_variables)
    return found is not None and any(matches_resolved(each, resource) for each in found[0]) != statement.not_resources
