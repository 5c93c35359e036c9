"""An approval: what the notification asks a person to send, and the finding that it stands for, read again."""

from __future__ import annotations

import json
from typing import Annotated, Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from policies.execution.api import Api
from policies.findings import FoundFinding, as_json, read_findings
from scanner.collect.outcome import message_of
from scanner.errors import CollectError, UsageError
from scanner.shell import command, option

_Account = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{12}\Z")]
_Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
_Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9-]{1,300}\Z")]
_Region = Annotated[str, msgspec.Meta(pattern=r"^[a-z]+(-[a-z]+)+-[0-9]+\Z")]
_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=1600)]


class OfGuardDuty(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The approval of what a finding of GuardDuty asks for, which is read again by its id."""

    finding: _Id
    detector: _Id
    region: _Region
    account: _Account
    digest: _Digest


class OfHealth(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The approval of what an event of AWS Health asks for; only some support plans allow that it is read again.

    So it carries what the event said; the digest holds it to what was planned.
    """

    event: _Text
    code: _Text
    entities: Annotated[tuple[_Text, ...], msgspec.Meta(min_length=1, max_length=100)]
    account: _Account
    digest: _Digest


Approval = OfGuardDuty | OfHealth


def read_approval(event: dict[str, Any]) -> Approval:
    """The approval of an invocation; raises ``UsageError`` if it is none."""
    told = event.get("approve")
    is_of_guardduty = isinstance(told, dict) and "finding" in told
    try:
        return msgspec.convert(told, OfGuardDuty) if is_of_guardduty else msgspec.convert(told, OfHealth)
    except msgspec.ValidationError as fault:
        raise UsageError(f"the approval is not understood: {fault}", "Send it as the notification has it.") from None


def finding_again(approval: Approval, api: Api) -> tuple[FoundFinding, ...]:
    """The finding as it is now.

    Raises:
        CollectError: GuardDuty does not give it out.
        UsageError: there is no such finding any more.
    """
    if isinstance(approval, OfHealth):
        return read_findings(msgspec.json.encode({"detail": _health(approval), "source": "aws.health"}))
    found = _listed(approval.region, approval.detector, approval.finding, api)
    if found is None:
        raise UsageError("there is no such finding any more", "Contain by hand: 'guardrift contain --help'.")
    return read_findings(found)


def confirmed(finding: FoundFinding, api: Api) -> FoundFinding | None:
    """The finding of an event as GuardDuty has it, since whoever may run the function could give it any event.

    None where GuardDuty does not know it. What AWS Health told is not asked for again, see ``OfHealth``.

    Raises:
        CollectError: GuardDuty does not answer.
    """
    if finding.source_format == "AWS Health":
        return finding
    detector = _detector(finding)
    found = _listed(finding.region, detector, finding.id, api) if finding.region and detector else None
    return read_findings(found)[0] if found is not None else None


def _listed(region: str, detector: str, finding: str, api: Api) -> bytes | None:
    """The finding of that id, as GetFindings gives it; None where there is none."""
    try:
        answer = api.call("guardduty", "GetFindings", region=region, DetectorId=detector, FindingIds=[finding])
    except (ClientError, BotoCoreError, ResponseParserError) as fault:
        raise CollectError(
            f"the finding could not be read again: {message_of(fault)}", "Check guardduty:GetFindings of the function."
        ) from None
    found = [each for each in answer.get("Findings", ()) if each.get("Id") == finding]
    return as_json({"Findings": found}) if found else None


def approval_for(finding: FoundFinding, digest: str) -> dict[str, Any] | None:
    """The payload that approves; None where the finding does not tell by what it is read again."""
    try:
        if finding.source_format == "AWS Health":
            entities = [each.access_key or each.arn or each.name for each in finding.subjects]
            told: dict[str, Any] = {"event": finding.id, "code": finding.type, "entities": entities}
        else:
            told = {"finding": finding.id, "detector": _detector(finding), "region": finding.region}
        payload = {"approve": {**told, "account": finding.account_id, "digest": digest}}
        read_approval(payload)
    except UsageError:
        return None
    return payload


def approve_command(function: str, region: str, payload: dict[str, Any]) -> str:
    """The command that sends it; the AWS CLI waits for the end, and does not send it once more meanwhile."""
    return command("aws", "lambda", "invoke") + " " + " ".join((
        option("--function-name", function),
        option("--region", region),
        "--cli-binary-format raw-in-base64-out",
        "--cli-read-timeout 0",
        option("--payload", json.dumps(payload, separators=(",", ":"), ensure_ascii=True)),
        "guardrift-approval.json",
    ))  # fmt: skip


def _detector(finding: FoundFinding) -> str:
    """Of ``arn:aws:guardduty:REGION:ACCOUNT:detector/ID/finding/ID``; empty where it is another ARN."""
    parts = (finding.arn or "").split(":", 5)
    place = parts[-1].split("/")
    is_own = len(parts) == 6 and parts[2] == "guardduty" and parts[4] == finding.account_id
    return place[1] if is_own and len(place) == 4 and place[0] == "detector" else ""


def _health(approval: OfHealth) -> dict[str, Any]:
    return {
        "eventArn": approval.event,
        "eventTypeCode": approval.code,
        "affectedAccount": approval.account,
        "statusCode": "open",
        "affectedEntities": [{"entityValue": each} for each in approval.entities],
    }
