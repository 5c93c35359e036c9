"""What the policy simulator says on both sides of the cutoff.

Sources: "Testing IAM policies with the IAM policy simulator" in the IAM User Guide; SimulatePrincipalPolicy in the IAM
API Reference. It evaluates what is stored. Policies of the organization that have conditions are not evaluated, so that
these cannot be proven by it. In its answers an inline policy is called ``role_NAME_POLICY`` or ``user_NAME_POLICY``,
and another one by its name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from policies.execution.api import Api
from policies.execution.records import Checked, Verdict
from policies.execution.verifying.asking import Unanswered, called
from policies.execution.verifying.carried import Carried, Held
from policies.execution.verifying.contexts import ACTIONS, ISSUED, Entries, command_of, matching, parameters, spared
from policies.execution.verifying.covering import denies, is_date, is_of_everything
from policies.execution.verifying.denial import document_of
from scanner.iam.documents import Statement

_ON_PRINCIPALS = frozenset({"inline policy", "attachment", "boundary"})
_BEYOND = frozenset({"organization policy", "organization attachment", "permission set policy"})
_MOST_PAGES = 10
_NOT_PROVEN = "Policies of the organization and of permission sets cannot be proven by the simulator."


def simulated(found: Carried, api: Api) -> Iterator[Checked]:
    """One look for each principal that got a document."""
    at = api.now()
    beyond = any(each.change.kind in _BEYOND for each in found.held)
    principals = dict.fromkeys(
        each.change.principal for each in found.held if each.change.kind in _ON_PRINCIPALS and each.change.principal
    )
    for principal in principals:
        held = [
            each for each in found.held if each.change.principal == principal and each.change.kind in _ON_PRINCIPALS
        ]
        verdict, said, todo = _looked_at(principal, held, found, api)
        text = f"{principal}: {said}" + (f" {_NOT_PROVEN}" if beyond else "")
        yield Checked(at=at, name="simulated", verdict=verdict, said=text, todo=todo)
    if beyond and not principals:
        yield Checked(at=at, name="simulated", verdict="unknown", said=_NOT_PROVEN)


@dataclass(frozen=True, slots=True)
class _Question:
    """One call, and what it has to say: that all is denied, or that it is not by these policies."""

    entries: Entries
    is_denied: bool


def _looked_at(principal: str, held: list[Held], found: Carried, api: Api) -> tuple[Verdict, str, tuple[str, ...]]:
    statements: list[Statement] = []
    for each in held:
        policy = document_of(each, found.held)
        if policy is None:
            return "unknown", f"what {each.change.name or each.settled.stored} says is not told by the journal.", ()
        statements += [one for one in denies(policy) if is_of_everything(one)]
    if not statements:
        return "unknown", "no document of its own denies everything, so there is nothing to ask.", ()
    questions = _questions(statements)
    if questions is None:
        return "unknown", "the conditions of its documents cannot be put to the simulator.", ()
    names = {each.change.name.rpartition("/")[2] for each in held if each.change.name}
    told: list[tuple[Verdict, str]] = []
    todo: list[str] = []
    for question in questions:
        asked = parameters(principal, question.entries)
        try:
            results = _asked(api, asked)
            told.append(_denied(results) if question.is_denied else _spared(results, principal, names))
        except Unanswered as fault:
            told.append(("unknown", f"the simulator did not answer ({fault.reason})."))
        if told[-1][0] != "holds":
            todo.append(command_of(asked))
    for verdict in ("fails", "unknown", "holds"):
        said = [text for one, text in told if one == verdict]
        if said:
            return verdict, " ".join(dict.fromkeys(said)), tuple(todo)
    return "unknown", "nothing was asked.", ()


def _questions(statements: list[Statement]) -> list[_Question] | None:
    found = []
    for statement in statements:
        entries = matching(statement)
        if entries is None:
            return None
        found.append(_Question(entries, is_denied=True))
    if all(any(is_date(each) or each.operator == "bool" for each in one.conditions) for one in statements):
        # Whoever came later is spared; where a document goes by no time, nobody is.
        entries = spared(statements)
        if entries is None:
            return None
        found.append(_Question(entries, is_denied=False))
    return found


def _asked(api: Api, asked: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The result of each action."""
    found: dict[str, dict[str, Any]] = {}
    marker: dict[str, str] = {}
    for _ in range(_MOST_PAGES):
        page = called(api, "iam", "SimulatePrincipalPolicy", **asked, **marker)
        results = page.get("EvaluationResults")
        for each in results if isinstance(results, list) else ():
            if isinstance(each, dict) and isinstance(each.get("EvalActionName"), str):
                found[each["EvalActionName"].lower()] = each
        if not page.get("IsTruncated") or not page.get("Marker"):
            break
        marker = {"Marker": page["Marker"]}
    missing = [each for each in ACTIONS if each.lower() not in found]
    if missing:
        raise Unanswered(f"it said nothing of {', '.join(missing)}")
    return found


def _denied(results: dict[str, dict[str, Any]]) -> tuple[Verdict, str]:
    """Every action has to be denied by a Deny; what is merely not allowed may be allowed by a resource's policy."""
    not_denied = {name: each for name, each in results.items() if each.get("EvalDecision") != "explicitDeny"}
    if not not_denied:
        return "holds", "The simulator denies everything to what has to be denied."
    told = ", ".join(sorted(f"{name} is {str(each.get('EvalDecision'))[:40]}" for name, each in not_denied.items()))
    if any(ISSUED.lower() in _missing(each) for each in not_denied.values()):
        return "unknown", f"The simulator says that {ISSUED} was not given, so that the Deny seems absent: {told}."
    return "fails", f"The simulator does not deny what has to be denied: {told}."


def _spared(results: dict[str, dict[str, Any]], principal: str, names: set[str]) -> tuple[Verdict, str]:
    """Sessions from after the cutoff are as before; what they were allowed before is not known here."""
    denied = {name: each for name, each in results.items() if each.get("EvalDecision") == "explicitDeny"}
    ours, unclear = [], []
    for name, each in denied.items():
        by = _deniers(each)
        if by & _called(principal, names):
            ours.append(name)
        elif not by and not _is_denied_elsewhere(each):
            unclear.append(name)
    if ours:
        return "fails", f"New sessions are denied, too, by the containment itself: {', '.join(sorted(ours))}."
    if unclear:
        return "unknown", f"New sessions are denied, and the simulator does not say by what: {', '.join(unclear)}."
    if denied:
        return "holds", "New sessions are denied by other policies than the containment's."
    return "holds", "It does not deny new sessions."


def _called(principal: str, names: set[str]) -> set[str]:
    kind, _, path = principal.split(":", 5)[-1].partition("/")
    return names | {f"{kind}_{path.rpartition('/')[2]}_{name}" for name in names}


def _deniers(result: dict[str, Any]) -> set[str]:
    matched = result.get("MatchedStatements")
    found = (each.get("SourcePolicyId") for each in matched or () if isinstance(each, dict))
    return {each for each in found if isinstance(each, str) and each}


def _is_denied_elsewhere(result: dict[str, Any]) -> bool:
    organization = result.get("OrganizationsDecisionDetail")
    boundary = result.get("PermissionsBoundaryDecisionDetail")
    return (isinstance(organization, dict) and organization.get("AllowedByOrganizations") is False) or (
        isinstance(boundary, dict) and boundary.get("AllowedByPermissionsBoundary") is False
    )


def _missing(result: dict[str, Any]) -> set[str]:
    found = result.get("MissingContextValues")
    return {each.lower() for each in found or () if isinstance(each, str)}
