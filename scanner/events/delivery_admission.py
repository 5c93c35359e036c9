"""Whether a service of AWS may hand something on: by the policy of the receiver, or by a role that the service assumes.

Resource control policies are left out: they can only restrict, and no known one keeps a service from its own account.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from scanner.events.strangers import covers
from scanner.events.strangers import strangers_may as strangers_may
from scanner.iam.context import Context, Values
from scanner.iam.documents import Policy, Statement, parse
from scanner.iam.formula import Clause, Formula, Verdict, verdict
from scanner.iam.matching import covers_action
from scanner.iam.questions import NOTHING_ELSE, NoSuchPrincipal, Questions, WhatIf, source
from scanner.iam.tally import conditions_left
from scanner.inventory import Document, ResourcePolicy, Role

_NEVER = frozenset({
    "aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths", "aws:principaltype",
    "aws:username", "aws:userid", "aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:multifactorauthpresent",
    "aws:multifactorauthage", "aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:useragent",
    "lambda:functionurlauthtype", "lambda:invokedviafunctionurl", "sns:protocol", "sns:endpoint",
})  # fmt: skip
"""Keys that are not in a request that a service makes for itself."""

_OF_SOURCE = frozenset({"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"})


class Answer(NamedTuple):
    """Whether something is let in, and why, as a clause that follows a colon."""

    verdict: Verdict
    reason: str = ""


class Sender(NamedTuple):
    """A service that acts for a resource.

    Attributes:
        service: such as ``events.amazonaws.com``.
        source: the ARN of the resource: a rule, a topic, an alarm.
        account_id: whose resource it is.
        organization: the id of the organization; empty where the account is in none, None where that is not known.
    """

    service: str
    source: str
    account_id: str
    organization: str | None = None

    def context(self, said: Mapping[str, Values], *, names_source: bool | None = True) -> Context:
        """The keys of its request; some services do not tell receivers for whom they act, of some it is not known."""
        known: dict[str, Values] = {
            "aws:principalisawsservice": ("true",),
            "aws:principalservicename": (self.service,),
            "aws:securetransport": ("true",),
            "aws:viaawsservice": ("false",),
            **said,
        }
        if not names_source:
            return Context(known, absent=_NEVER if names_source is None else _NEVER | _OF_SOURCE)
        known |= {"aws:sourcearn": (self.source,), "aws:sourceaccount": (self.account_id,)}
        if self.service == "cloudwatch.amazonaws.com":
            # The policy with which SNS makes topics asks for it, and lets alarms in, but no rules.
            known["aws:sourceowner"] = (self.account_id,)
        if self.organization is not None:
            known["aws:sourceorgid"] = (self.organization,) if self.organization else ()
        absent = _NEVER if "aws:sourceowner" in known else _NEVER | {"aws:sourceowner"}
        return Context(known, absent=absent)


def admits(
    policy: ResourcePolicy | None,
    sender: Sender,
    action: str,
    resource: str,
    *,
    names_source: bool | None = True,
    said: Mapping[str, Values] | None = None,
) -> Answer:
    """Whether the policy of a resource lets a service do something to it."""
    if policy is None:
        return Answer("no", "it has no policy")
    return _decide(
        parse(policy.document), sender, action, resource, sender.context(said or {}, names_source=names_source)
    )


def _decide(policy: Policy, sender: Sender, action: str, resource: str, context: Context) -> Answer:
    if policy.problems:
        return Answer("only_if", f"its policy is malformed: {policy.problems[0]}")
    has_variables = policy.version != "2008-10-17"
    allows: list[Clause] = []
    denies: list[Clause] = []
    unfit: list[str] = []
    for statement in policy.statements:
        if not covers_action(statement, action) or not _speaks_of(statement, sender.service):
            continue
        if not covers(statement, resource, context, has_variables):
            continue
        clause = conditions_left(statement, context, has_variables=has_variables)
        if clause is not None:
            (allows if statement.allows else denies).append(clause)
        elif statement.allows:
            unfit += (condition.name or condition.key for condition in statement.conditions)
    found = verdict(Formula(tuple(denies), ((tuple(allows),),)))
    return Answer(found, _reason(found, sender, allows, denies, unfit))


def _reason(found: Verdict, sender: Sender, allows: list[Clause], denies: list[Clause], unfit: list[str]) -> str:
    if found == "yes":
        return f"its policy lets {sender.service} in"
    if found == "only_if":
        keys = sorted({atom.condition.key for clause in (*allows, *denies) for atom in clause})
        return f"it depends on {', '.join(keys)} whether its policy lets {sender.service} in"
    if allows:
        return f"a Deny in its policy keeps {sender.service} out"
    if unfit:
        which = ", ".join(sorted(set(unfit)))
        return f"its policy lets {sender.service} in only under conditions that do not fit ({which})"
    return f"its policy does not let {sender.service} in"


def _speaks_of(statement: Statement, service: str) -> bool:
    listed = any(
        (kind == "Service" and name.lower() == service) or (kind == "AWS" and name == "*")
        for kind, name in statement.principals
    )
    return listed != statement.not_principals


_ANYBODY = Document(
    b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"*","Resource":"*"}]}'
)


def role_may(questions: Questions, role: Role, sender: Sender, action: str, resource: str) -> Answer:
    """Whether a service can assume a role, and the role may do something; another account's half is taken as given."""
    trust = _decide(parse(role.trust), sender, "sts:AssumeRole", role.arn, sender.context({}))
    if trust.verdict != "yes":
        return Answer(trust.verdict, f"the role {role.name} cannot be assumed: {trust.reason}")
    account = resource.split(":", 5)[4] if resource.count(":") >= 5 else ""
    foreign = bool(account) and account != questions.account.account_id
    what_if = WhatIf(resource=source("resource_policy", "the other account", _ANYBODY)) if foreign else NOTHING_ELSE
    try:
        decision = questions.ask(role.arn, action, resource, context=_where(resource), what_if=what_if)
    except NoSuchPrincipal:
        return Answer("no", f"the role {role.name} does not exist")
    if decision.decision == "yes":
        return Answer("yes", f"the role {role.name} may {action}")
    return Answer(decision.decision, f"the role {role.name} may {action} on it? {decision.reason}")


def _where(resource: str) -> dict[str, tuple[str, ...]]:
    """The region that is asked, which is the one that the resource lies in."""
    region = resource.split(":", 5)[3] if resource.count(":") >= 5 else ""
    return {"aws:requestedregion": (region,)} if region else {}
