"""A step of the graph asked again of the evaluator, for the very resource that it ends at, and put in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scanner.iam.context import Values
from scanner.iam.decision import Decision
from scanner.iam.escalation.edges import PASS
from scanner.iam.escalation.graph import Arc, Graph
from scanner.iam.escalation.step import Step
from scanner.iam.evaluation import decide
from scanner.iam.methods import Act
from scanner.iam.powers import Power
from scanner.iam.request import Policies, Request

_MOST_CONDITIONS = 12


@dataclass(eq=False)
class Steps:
    """Explains the arcs of one graph."""

    graph: Graph

    def step(self, at: int, arc: Arc, target: int | None) -> Step | None:
        """The step along an arc to one of its targets; None where the evaluator says no to one of its acts."""
        power = self.graph.nodes[at].power
        arn = self.graph.arn(target) if target is not None else ""
        conditions: dict[str, None] = {}
        for act in arc.way:
            decision = self._decide(act, power, arc, arn)
            if decision is not None and decision.decision == "no":
                return None
            conditions.update(dict.fromkeys(_texts(decision)))
        conditions.update(dict.fromkeys(arc.method.conditions))
        conditions.update(dict.fromkeys(self._of_target(arc, target)))
        return Step(
            source=self.graph.arn(at),
            target=arc.at or arn,
            method=arc.method.id,
            title=arc.method.name,
            actions=tuple(dict.fromkeys(act.action for act in arc.way)),
            conditions=tuple(conditions)[:_MOST_CONDITIONS],
            needs=arc.needs,
            sure=arc.method.sure,
        )

    def _decide(self, act: Act, power: Power, arc: Arc, target: str) -> Decision | None:
        resource = self._resource(act, power, arc, target)
        if resource is None:
            return None
        role = self.graph.landscape.policies.roles.get(resource) if act.action.startswith("sts:") else None
        context = power.caller.context.with_request(self._said(act, arc, resource))
        trust = self.graph.landscape.policies.trust(role) if role is not None else None
        policies = Policies(
            identity=power.sources, boundary=power.boundary, resource=trust, resource_is_known=True
        )
        return decide(Request(power.caller, act.action, resource, context), policies)

    def _resource(self, act: Act, power: Power, arc: Arc, target: str) -> str | None:
        """The ARN that an act is done to; None where the graph already settled which of several it is."""
        if act.on in ("target", "assume"):
            return target or arc.at
        if act.on == "self":
            principal = power.caller.principal
            return principal.arn if principal else None
        return arc.resources.get(act.action)

    def _said(self, act: Act, arc: Arc, resource: str) -> dict[str, Values]:
        """The keys that such a request has, and those of the target."""
        said: dict[str, Values] = {}
        principal = self.graph.landscape.principals.get(resource)
        if principal is not None:
            for tag in principal.tags:
                said[f"aws:resourcetag/{tag.key.lower()}"] = (tag.value,)
                said[f"iam:resourcetag/{tag.key.lower()}"] = (tag.value,)
            said["iam:permissionsboundary"] = (principal.boundary,) if principal.boundary else ()
        if act.action == PASS:
            said["iam:passedtoservice"] = (self._passed_to(arc, resource),)
        return said

    def _passed_to(self, arc: Arc, role: str) -> str:
        bit = self.graph.landscape.people.bit(role)
        trusting = self.graph.landscape.trusting
        for service in arc.method.target.trusts:
            if trusting.trusting_service(service).possible & bit:
                return service if service in arc.method.passed_to else next(iter(arc.method.passed_to), service)
        return next(iter(arc.method.passed_to), "")

    def _of_target(self, arc: Arc, target: int | None) -> Iterator[str]:
        """What the account does not tell of a target."""
        if target is None or arc.certain >> target & 1:
            return
        for must, text in _UNTOLD.items():
            if must in arc.method.target.must:
                yield text


_UNTOLD = {
    "no-password": "the user has no console password yet",
    "password": "the user has a console password",
    "fewer-keys": "the user has fewer than two access keys",
    "two-keys": "the user has two access keys",
}


def _texts(decision: Decision | None) -> Iterator[str]:
    if decision is not None:
        yield from (provision.text for provision in decision.conditions)
