"""A step of the graph asked again of the evaluator, for the very resource that it ends at, and put in words."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property

from scanner.iam.context import Values
from scanner.iam.decision import Decision
from scanner.iam.escalation.acts import PASSING, UNSEEN
from scanner.iam.escalation.crowd import of_resource
from scanner.iam.escalation.edges import Execution
from scanner.iam.escalation.graph import Arc, Graph
from scanner.iam.escalation.step import Step
from scanner.iam.evaluation import decide
from scanner.iam.grants import interest
from scanner.iam.methods import Act, Must, Target, escalation_catalogue
from scanner.iam.powers import Power
from scanner.iam.request import Policies, Request

_MOST_CONDITIONS = 12


@dataclass(eq=False)
class Steps:
    """Explains the arcs of one graph."""

    graph: Graph
    _answers: dict[Hashable, Decision] = field(default_factory=dict)

    def step(self, at: int, arc: Arc, target: int | None) -> Step | None:
        """The step along an arc to one of its targets; None where the evaluator says no to one of its acts."""
        arn = self.graph.arn(target) if target is not None else ""
        conditions: list[str] = []
        power = self.graph.nodes[at].power
        is_sure = arc.sure if target is None else bool(arc.certain >> target & 1)
        for act in () if is_sure else arc.way:
            decision = self._decide(act, power, arc, arn)
            if decision is not None and decision.decision == "no":
                return None
            conditions += _texts(decision)
        conditions += arc.method.conditions
        conditions += self._of_target(arc, target)
        conditions += _unread(power)
        return Step(
            source=self.graph.arn(at),
            target=arc.at or arn,
            method=arc.method.id,
            title=arc.method.name,
            actions=_actions()[id(arc.way)],
            conditions=tuple(dict.fromkeys(conditions))[:_MOST_CONDITIONS] if conditions else (),
            needs=arc.needs,
            sure=arc.method.sure,
        )

    @cached_property
    def _execution(self) -> Execution:
        return self.graph.execution

    def _decide(self, act: Act, power: Power, arc: Arc, target: str) -> Decision | None:
        """The best answer among the resources and the requests that will do; None where there is nothing to ask."""
        asked = (
            self._ask(act, power, resource, said)
            for resource in self._resources(act, power, arc, target)
            for said in self._requests(act, power, arc, resource)
        )
        return min(asked, key=lambda decision: _OPEN[decision.decision], default=None)

    def _ask(self, act: Act, power: Power, resource: str, said: dict[str, Values]) -> Decision:
        """The evaluator's answer.

        It is the same for all actions of a service of which the same statements speak, and for all callers where these
        do not ask who calls.
        """
        facet = power.facet(interest().bits[act.action.lower()])
        if not facet.is_general or act.action.startswith("sts:"):
            return self._evaluate(act, power, resource, said)
        key = (facet, act.action.partition(":")[0], resource, tuple(sorted(said.items())))
        found = self._answers.get(key)
        if found is None:
            found = self._answers[key] = self._evaluate(act, power, resource, said)
        return found

    def _evaluate(self, act: Act, power: Power, resource: str, said: dict[str, Values]) -> Decision:
        policies_of = self.graph.landscape.policies
        role = policies_of.roles.get(resource) if act.action.startswith("sts:") else None
        trust = policies_of.trust(role) if role is not None else None
        is_known = bool(self.graph.landscape.people.bit(resource) & ~power.free_targets)
        context = power.caller.context
        context = of_resource(context, said) if is_known else context.with_request(said)
        policies = Policies(identity=power.sources, boundary=power.boundary, resource=trust, resource_is_known=True)
        return decide(Request(power.caller, act.action, resource, context), policies)

    def _resources(self, act: Act, power: Power, arc: Arc, target: str) -> list[str]:
        """The ARNs that an act may be done to, of which one is enough."""
        landscape = self.graph.landscape
        bit = landscape.people.bit(target)
        if act.on in ("target", "assume"):
            found = target or arc.at
        elif act.on == "target-policy":
            return list(landscape.held.get(target, ()))
        elif act.on == "target-provider":
            trusted = [landscape.trusting.providers(kind) for kind in ("saml-provider", "oidc-provider")]
            return [arn for providers in trusted for arn, roles in providers.items() if roles & bit]
        elif act.on == "self":
            found = power.caller.principal.arn if power.caller.principal else ""
        elif act.on in UNSEEN and act.action not in arc.resources:
            witness = self._execution.elsewhere(act, power, arc.method)
            found = witness[0] if witness is not None else ""
        else:
            found = arc.resources.get(act.action, arc.at)
        return [found] if found else []

    def _requests(self, act: Act, power: Power, arc: Arc, resource: str) -> list[dict[str, Values]]:
        """The keys that such a request may have beside those of the caller, of which one set is enough."""
        said = self._of_resource(power, resource)
        if act.action == PASSING:
            return [{**said, "iam:passedtoservice": (service,)} for service in self._passed_to(arc, resource)] or [said]
        if act.action.startswith("iam:Detach"):
            return [{**said, "iam:policyarn": (policy,)} for policy in self._attached(resource)] or [said]
        found = [{**said, **each} for each in self._execution.requests(act.action)]
        if act.on.startswith("new-"):
            bounds: list[Values] = [(), *((arn,) for arn in self.graph.landscape.administrator_policies)]
            return [{**each, "iam:permissionsboundary": bound} for bound in bounds for each in found]
        return found

    def _of_resource(self, power: Power, resource: str) -> dict[str, Values]:
        """The keys that describe a principal, apart from tags that the caller can choose."""
        landscape = self.graph.landscape
        principal = landscape.principals.get(resource)
        if principal is None:
            return {}
        said: dict[str, Values] = {"iam:permissionsboundary": (principal.boundary,) if principal.boundary else ()}
        if not landscape.people.bit(resource) & power.free_targets:
            for tag in principal.tags:
                said[f"aws:resourcetag/{tag.key.lower()}"] = (tag.value,)
                said[f"iam:resourcetag/{tag.key.lower()}"] = (tag.value,)
        return said

    def _attached(self, resource: str) -> list[str]:
        landscape = self.graph.landscape
        holder = landscape.principals.get(resource) or landscape.groups_by_arn.get(resource)
        return [policy.arn for policy in holder.attached] if holder is not None else []

    def _passed_to(self, arc: Arc, role: str) -> list[str]:
        """The values of iam:PassedToService under which a role may be passed."""
        method, bit = arc.method, self.graph.landscape.people.bit(role)
        targets = self._execution.targets
        trusted = [each for each in method.target.trusts if targets.trusting(each, method.target).possible & bit]
        own = [service for service in trusted if service in method.passed_to or not method.passed_to]
        return list(dict.fromkeys([*own, *(method.passed_to if len(own) < len(trusted) or not trusted else ())]))

    def _of_target(self, arc: Arc, target: int | None) -> Iterator[str]:
        """What the account does not tell of a target, and what its rights hang on."""
        if target is None:
            return
        for must in arc.method.target.must:
            if must in _UNTOLD:
                met = self._execution.targets.of(Target("user", must=(must,)))
                if not met.certain >> target & 1:
                    yield _UNTOLD[must]
        found = self.graph.administrations.get(target)
        for condition in found.conditions if found is not None and not arc.administers else ():
            yield condition if " " in condition else f"what the target holds hangs on {condition}"


_OPEN = {"yes": 0, "only_if": 1, "no": 2}
_UNTOLD: dict[Must, str] = {
    "no-password": "the user has no console password yet",
    "password": "the user has a console password",
    "fewer-keys": "the user has fewer than two access keys",
    "two-keys": "the user has two access keys",
}


@cache
def _actions() -> dict[int, tuple[str, ...]]:
    """The actions of each way of the catalogue, by its identity."""
    ways = [way for method in escalation_catalogue().methods for way in method.ways]
    return {id(way): tuple(dict.fromkeys(act.action for act in way)) for way in ways}


def _texts(decision: Decision | None) -> Iterator[str]:
    if decision is not None:
        yield from (provision.text for provision in decision.conditions)


def _unread(power: Power) -> Iterator[str]:
    """What is assumed of policies of the caller that were not read."""
    yield from (f"no Deny in what was not read ({reason})" for reason in power.unread)
    if power.unread_boundary:
        yield f"no limit in the boundary, which was not read ({power.unread_boundary})"
