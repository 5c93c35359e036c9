"""What the function does with an event: notify, ask, or carry out; whatever fails is told, and then raised."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from guardrift.responder.approvals import approval_for, approve_command, confirmed, finding_again, read_approval
from guardrift.responder.deciding import Decide, Decision, World, by_approval, by_mode, why_only_notify
from guardrift.responder.executing import OF_SDK, carried_out
from guardrift.responder.incident import AGENT, Incident, Weighed, incident_of
from guardrift.responder.publishing import Message, clipped, publish
from guardrift.responder.settings import read_settings, read_topic
from guardrift.responder.telling import told_beside, told_by_hand, told_carried, told_findings, told_plan
from policies.execution.api import Api, AwsApi
from policies.findings import read_findings
from scanner.collect.outcome import message_of
from scanner.collect.session import Access, open_session
from scanner.errors import GuardriftError, UsageError

_LOG = logging.getLogger("guardrift.responder")
_HEADLINES = {
    "failed": "FAILED to contain",
    "stopped": "STOPPED before containing",
    "applied": "contained",
    "asked": "approval needed:",
    "facts missing": "facts missing:",
    "refused": "not contained:",
    "notified": "finding:",
}
"""What came of a plan, the most urgent first, as it is told in the subject of the message."""


class ResponderError(GuardriftError):
    """The function failed, and told so; Lambda tries again, and then gives the event to the dead-letter queue."""

    def __str__(self) -> str:
        return self.message


def handled(event: object, context: Any) -> dict[str, Any]:
    """Handle one invocation; see ``guardrift.responder.handle``."""
    session = open_session(Access())
    api = AwsApi(session, user_agent=AGENT)
    try:
        return _answer(event, _world(session, api, context))
    except ResponderError:
        raise
    except GuardriftError as fault:
        _tell_failure(event, api, f"{fault.message.rstrip('.')}. {fault.hint}".strip())
        raise ResponderError(fault.message, fault.hint) from None
    except OF_SDK as fault:
        # What the SDK raised may quote a request with the session token in it.
        _tell_failure(event, api, message_of(fault))
        raise ResponderError(message_of(fault)) from None
    except BaseException as fault:
        _tell_failure(event, api, f"This is a defect of guardrift: {type(fault).__name__}.")
        raise


def _world(session: Any, api: Api, context: Any) -> World:
    function = str(getattr(context, "invoked_function_arn", "") or os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""))
    own = str(api.call("sts", "GetCallerIdentity")["Account"])
    return World(read_settings(os.environ), session, api, own, function)


def _answer(event: object, world: World) -> dict[str, Any]:
    if not isinstance(event, dict):
        raise UsageError("the event is no JSON object", "Give an event of EventBridge, or an approval.")
    if "approve" in event:
        return _approved(event, world)
    findings, why_ask = read_findings(json.dumps(event).encode()), ""
    only = why_only_notify(findings, world.own)
    if world.settings.mode == "auto" and not only:
        known = confirmed(findings[0], world.api)
        findings = (known,) if known is not None else findings
        only = why_only_notify(findings, world.own)
        why_ask = "GuardDuty does not know the finding that the event is about." if known is None else ""
    own = [each for each in findings if each.account_id == world.own and each.subjects]
    incident = Incident(given=findings)
    if own:
        incident = incident_of(own, world.session, world.settings, world.api.now())
    return _done(incident, by_mode(only, why_ask, world), only, world)


def _approved(event: dict[str, Any], world: World) -> dict[str, Any]:
    """Carry out what somebody approved, if it is still what would be done."""
    approval = read_approval(event)
    if world.settings.mode == "notify":
        raise UsageError("nothing is carried out in mode notify", "Set GUARDRIFT_MODE to approve or auto.")
    if approval.account != world.own:
        raise UsageError(f"the approval is for account {approval.account}", f"This function acts in {world.own}.")
    findings = finding_again(approval, world.api)
    only = why_only_notify(findings, world.own)
    incident = incident_of(findings, world.session, world.settings, world.api.now())
    return _done(incident, by_approval(approval, only, incident.weighed, world), only, world)


def _done(incident: Incident, decide: Decide, only: str, world: World) -> dict[str, Any]:
    """Do what is decided about each plan, and tell everything in one message.

    Raises:
        ResponderError: something was not carried out, or the principals could not be read.
    """
    lines = [f"Mode: {world.settings.mode}", *([f"Only told: {only}"] if only else []), *told_findings(incident)]
    if not incident.weighed:
        lines += ["", only or "No credential is suspected, so that there is nothing to contain."]
    plans: list[dict[str, Any]] = []
    for weighed in incident.weighed:
        lines += ["", *told_plan(weighed)]
        what, said, more = _attempt(weighed, decide, incident, world)
        lines += [*said, *told_beside(weighed)]
        plans.append({
            "principal": weighed.plan.principal, "unique_id": weighed.plan.unique_id, "verdict": weighed.plan.verdict,
            "digest": weighed.digest, "did": what, **more,
        })  # fmt: skip
    lines += ["", *told_by_hand()]
    publish(Message(_subject(incident, plans), tuple(lines)), world.api, world.settings.topic)
    faults = [str(each["fault"]) for each in plans if "fault" in each]
    if incident.unread:
        faults.append(f"the principals were not read: {incident.unread}")
    if faults:
        raise ResponderError(clipped("; ".join(faults), 2000))
    return {"mode": world.settings.mode, "findings": [each.id for each in incident.given], "plans": plans}


_Acted = tuple[str, Sequence[str], dict[str, Any]]
"""What was done in a word, what is told of it, and what the answer holds of it."""


def _attempt(weighed: Weighed, decide: Decide, incident: Incident, world: World) -> _Acted:
    """Do what is decided about one plan; that it fails keeps nobody from hearing of the others."""
    try:
        return _act(weighed, decide, incident, world)
    except (GuardriftError, *OF_SDK) as failure:
        said = failure.message if isinstance(failure, GuardriftError) else message_of(failure)
        return "failed", (f"NOT carried out to its end: {said}",), {"fault": f"{weighed.plan.principal}: {said}"}


def _act(weighed: Weighed, decide: Decide, incident: Incident, world: World) -> _Acted:
    if weighed.plan.verdict != "ready":
        return weighed.plan.verdict, (), {}
    decision = decide(weighed)
    if decision.act == "notify":
        return "notified", (f"Not carried out: {decision.why}",), {}
    if decision.act == "ask" or incident.account is None:
        return "asked", tuple(_asking(weighed, decision, incident, world)), {"why": decision.why}
    carried = carried_out(weighed, incident.account, world.api, world.settings)
    told = tuple(told_carried(carried, world.settings.bucket))
    more = {"run": carried.run}
    missing = next((each.said for each in carried.checks if each.name == "stored" and each.verdict == "fails"), "")
    if carried.ended.state == "failed" or missing:
        more["fault"] = f"{weighed.plan.principal}: {carried.ended.said or missing} (journal {carried.run})"
    return carried.ended.state, told, more


def _asking(weighed: Weighed, decision: Decision, incident: Incident, world: World) -> Iterator[str]:
    if decision.why:
        yield f"Not carried out: {decision.why}"
    yield f"Digest of the decision: {weighed.digest}"
    found = (approval_for(each, weighed.digest) for each in incident.given)
    payload = next((each for each in found if each is not None), None)
    if payload is None:
        yield "The finding does not tell by what it is read again, so that it cannot be approved: contain by hand."
        return
    yield "To approve it, and so to have it carried out, run:"
    yield f"  {approve_command(world.function, _region(world), payload)}"


def _region(world: World) -> str:
    parts = world.function.split(":")
    return parts[3] if len(parts) > 6 and parts[2] == "lambda" else world.settings.region


def _subject(incident: Incident, plans: Sequence[dict[str, Any]]) -> str:
    found = {each["did"]: each for each in reversed(plans)}
    what = next((each for each in _HEADLINES if each in found), "notified")
    whom = str(found.get(what, {}).get("principal", "")).rpartition(":")[2]
    kinds = ", ".join(sorted({each.type for each in incident.given}))
    accounts = ", ".join(sorted({each.account_id or "?" for each in incident.given}))
    sample = "SAMPLE, " if all(each.is_sample for each in incident.given) else ""
    return f"{sample}{_HEADLINES[what]} {clipped(whom, 40) or clipped(kinds, 60)} in {accounts}"


def _tell_failure(event: object, api: Api, said: str) -> None:
    """Say that the function failed; that nobody hears it is only logged, since the failure itself is raised."""
    _LOG.error("%s", clipped(said, 2000))
    lines = (
        "The responder failed. Nothing further is done until it is tried again.",
        clipped(said, 2000),
        *_about(event),
    )
    with suppress(*OF_SDK, GuardriftError):
        publish(Message("FAILED to handle a finding", lines), api, read_topic(os.environ))


def _about(event: object) -> Iterator[str]:
    """What the event is about, as far as that can be told without understanding it."""
    if isinstance(event, dict):
        for name in ("id", "source", "detail-type", "account", "region"):
            if isinstance(event.get(name), str):
                yield f"Event {name}: {clipped(event[name])}"
