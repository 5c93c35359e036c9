"""What each kind of policy says of a request by itself, and the answer in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import msgspec

from scanner.iam.decision import Layer, LayerResult, LayerVerdict, Provision
from scanner.iam.formula import Verdict
from scanner.iam.organization import rcps_apply
from scanner.iam.request import Policies, Request
from scanner.iam.sources import Source
from scanner.iam.tally import Applying, Tally

NAMES: dict[Layer, str] = {
    "scp": "service control policies",
    "rcp": "resource control policies",
    "resource_policy": "the resource policy",
    "identity": "identity policies",
    "boundary": "the permissions boundary",
    "session_policy": "the session policy",
}
"""The layers in the order in which they are told, as they stand in a sentence."""

_LIMITS = ("scp", "boundary", "session_policy")


def layer_verdicts(request: Request, policies: Policies, tally: Tally) -> tuple[LayerVerdict, ...]:
    """What every layer says, in the order of ``NAMES``."""
    return (
        _scp(request, policies, tally),
        _rcp(request, policies, tally),
        _resource_policy(policies, tally),
        _identity(request, policies, tally),
        _boundary(request, policies, tally),
        _session_policy(policies, tally),
    )


_BARE = {(layer, result): LayerVerdict(layer, result, ()) for layer in NAMES for result in get_args(LayerResult)}
"""The verdicts of layers without policies."""


def _scp(request: Request, policies: Policies, tally: Tally) -> LayerVerdict:
    if policies.scps is None or request.caller.is_service_linked:
        return _BARE["scp", "none" if request.caller.is_service_linked else "not collected"]
    if not policies.scps:
        return _BARE["scp", "none"]
    gates = [tally.allowing("scp", level) for level in range(len(policies.scps))]
    return _judged("scp", _listed(policies.scps), gates, tally)


def _rcp(request: Request, policies: Policies, tally: Tally) -> LayerVerdict:
    """Resource control policies only deny: RCPFullAWSAccess is attached everywhere."""
    applies = rcps_apply(request.caller, request.action, request.resource)
    if not applies or not policies.rcps:
        return _BARE["rcp", "not collected" if applies and policies.rcps is None else "none"]
    return _judged("rcp", _listed(policies.rcps), [], tally)


def _resource_policy(policies: Policies, tally: Tally) -> LayerVerdict:
    if policies.resource is None:
        return _BARE["resource_policy", "none" if policies.resource_is_known else "not collected"]
    return _judged("resource_policy", (policies.resource,), [tally.allowing("resource_policy")], tally)


def _identity(request: Request, policies: Policies, tally: Tally) -> LayerVerdict:
    if request.caller.kind == "root":
        return _BARE["identity", "none"]
    if not policies.identity:
        return _BARE["identity", "not collected" if policies.unread_identity else "does not allow"]
    return _judged("identity", policies.identity, [tally.allowing("identity")], tally)


def _boundary(request: Request, policies: Policies, tally: Tally) -> LayerVerdict:
    if policies.boundary is None or request.caller.kind == "root":
        is_unread = bool(policies.unread_boundary) and request.caller.kind != "root"
        return _BARE["boundary", "not collected" if is_unread else "none"]
    found = _judged("boundary", (policies.boundary,), [tally.allowing("boundary")], tally)
    if policies.unread_boundary and found.result != "denies":
        return msgspec.structs.replace(found, result="not collected")
    return found


def _session_policy(policies: Policies, tally: Tally) -> LayerVerdict:
    if policies.session is None:
        return _BARE["session_policy", "none"]
    return _judged("session_policy", (policies.session,), [tally.allowing("session_policy")], tally)


def _listed(levels: tuple[tuple[Source, ...], ...]) -> list[Source]:
    return [source for level in levels for source in level]


def _judged(
    layer: Layer, sources: Sequence[Source], gates: Sequence[tuple[Applying, ...]], tally: Tally
) -> LayerVerdict:
    """What a layer that has policies says; in each gate one statement has to allow."""
    documents = tuple([source.name for source in sources])
    refusing = [each for each in tally.denies if each.source.layer == layer] if tally.denies else []
    if any(not each.clause for each in refusing):
        return LayerVerdict(layer, "denies", documents)
    if not all(gates):
        return LayerVerdict(layer, "does not allow", documents)
    is_certain = not refusing and all(any(not each.clause for each in gate) for gate in gates)
    return LayerVerdict(layer, "allows" if is_certain else "only if", documents)


def reason(
    request: Request,
    verdict: Verdict,
    layers: tuple[LayerVerdict, ...],
    tally: Tally,
    provisions: tuple[Provision, ...],
    *,
    has_open_way: bool,
) -> str:
    """The answer in one sentence.

    Args:
        request: what was asked.
        verdict: the answer.
        layers: what each layer says.
        tally: the statements that speak of the request.
        provisions: what the answer hangs on.
        has_open_way: whether, were it not for Deny statements, some request would be allowed.
    """
    if verdict == "only_if":
        return _proviso(provisions)
    if verdict == "yes":
        granting = [
            NAMES[each.layer] for each in layers if each.layer in ("identity", "resource_policy") and _may(each)
        ]
        return f"Allowed by {' and '.join(granting)}." if granting else "The root user needs no policy that allows it."
    denying = next((applying for applying in tally.denies if not applying.clause), None)
    if denying is not None and denying.statement is not None:
        sid = f" ({denying.statement.sid})" if denying.statement.sid else ""
        where = f"statement {denying.statement.index}{sid} of {denying.source.name}"
        return f"Explicitly denied by {NAMES[denying.source.layer]}: {where}."
    if request.caller.kind == "root" and request.action.lower().startswith("sts:assumerole"):
        return "The root user cannot assume a role."
    if has_open_way:
        return "What is allowed and what is denied come to the same requests, so that none is left."
    return _refusal(layers)


def _proviso(provisions: tuple[Provision, ...]) -> str:
    by_statement: dict[tuple[object, ...], list[str]] = {}
    for each in provisions:
        by_statement.setdefault((each.layer, each.document, each.statement, each.effect), []).append(each.text)
    first = next(iter(by_statement.values()))
    text = f"Allowed only if {(', and ' if provisions[0].effect == 'Allow' else ', or ').join(first)}"
    others = len(by_statement) - 1
    return (
        f"{text}; {others} more {'statement has' if others == 1 else 'statements have'} a say."
        if others
        else f"{text}."
    )


def _may(layer: LayerVerdict) -> bool:
    return layer.result in ("allows", "only if")


def _refusal(layers: tuple[LayerVerdict, ...]) -> str:
    """Which layers are missing, where no Deny is needed to refuse."""
    results = {each.layer: each.result for each in layers}
    granting = [NAMES[each.layer] for each in layers if each.layer in ("identity", "resource_policy") and _may(each)]
    refusing = [NAMES[each.layer] for each in layers if each.layer in _LIMITS and each.result == "does not allow"]
    if not granting:
        silent = [NAMES[each] for each in ("identity", "resource_policy") if results[each] == "does not allow"]
        return f"Nothing allows it: {' and '.join(silent)} do not." if silent else "Nothing allows it."
    by = " and ".join(granting)
    if refusing:
        return f"Allowed by {by}, but not by {' nor by '.join(refusing)}."
    if results["resource_policy"] in ("does not allow", "none"):
        return f"Allowed by {by}, but not by the resource policy, which has to allow it as well."
    if results["identity"] == "does not allow":
        return f"Allowed by {by}, but not by identity policies, which have to allow it as well."
    return f"Allowed by {by}, but under conditions that no request can meet."
