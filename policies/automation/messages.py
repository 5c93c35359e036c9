"""What people read of an event: a few sentences, made of fields that cannot hold quotes.

EventBridge puts values into the text as they are, and a quote in one of them would make the text one that is not
delivered. So titles, descriptions, paths and user agents, which others choose, stay out of it; what is in it is made of
letters, digits and ``_+=,.@:/-`` by the rules of IAM, or is written by AWS.

Source: "Amazon EventBridge input transformation" in the EventBridge User Guide.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple


class Message(NamedTuple):
    """A text with names of values in angle brackets, each with the path of the value in the event."""

    paths: Mapping[str, str]
    lines: tuple[str, ...]

    @property
    def template(self) -> str:
        """As EventBridge has it: every line is a JSON string."""
        return "\n".join(json.dumps(line) for line in self.lines)


_KEY = "$.detail.resource.accessKeyDetails"

FINDING = Message(
    {
        "account": "$.detail.accountId",
        "region": "$.detail.region",
        "type": "$.detail.type",
        "severity": "$.detail.severity",
        "kind": f"{_KEY}.userType",
        "name": f"{_KEY}.userName",
        "principal": f"{_KEY}.principalId",
        "key": f"{_KEY}.accessKeyId",
        "count": "$.detail.service.count",
        "seen": "$.detail.service.eventLastSeen",
        "sample": "$.detail.service.additionalInfo.sample",
        "detector": "$.detail.service.detectorId",
        "id": "$.detail.id",
    },
    (
        "GuardDuty on credentials of account <account>, region <region>: <type>, severity <severity>.",
        "Whose: <kind> <name>, principal <principal>, key <key>. Seen <count> times, last at <seen>.",
        "Made to try the alerts (empty is no): <sample>",
        "All of it: aws guardduty get-findings --region <region> --detector-id <detector> --finding-ids <id>",
        "What to do: guardrift contain --finding FILE, with what that prints in the file.",
    ),
)

EXPOSURE = Message(
    {
        "account": "$.detail.affectedAccount",
        "told": "$.account",
        "code": "$.detail.eventTypeCode",
        "status": "$.detail.statusCode",
        "entity": "$.detail.affectedEntities[0].entityValue",
        "time": "$.detail.startTime",
        "event": "$.detail.eventArn",
    },
    (
        "AWS Health on credentials found in public: <code>, status <status>, since <time>.",
        "Account <account> (told to <told>), affected first of all: <entity>. Event <event>.",
        "What to do: guardrift contain --key or --user with that, and see the console of AWS Health.",
    ),
)

QUARANTINE = Message(
    {
        "account": "$.account",
        "call": "$.detail.eventName",
        "user": "$.detail.requestParameters.userName",
        "policy": "$.detail.requestParameters.policyArn",
        "who": "$.detail.userIdentity.principalId",
        "by": "$.detail.userIdentity.invokedBy",
        "time": "$.detail.eventTime",
    },
    (
        "<call> of <policy> on the user <user> of account <account> at <time>, by <who> <by>.",
        "AWS attaches that policy where it found a key in public. It slows a thief down and contains nothing.",
        "What to do: guardrift contain --user <user>",
    ),
)

ALARM = Message(
    {"alarm": "$.detail.alarmName", "region": "$.region", "account": "$.account", "time": "$.time"},
    (
        "Alerts of account <account> did not get out of region <region>: the alarm <alarm> went off at <time>.",
        "They wait in the queue guardrift-alerting of that region for 14 days.",
    ),
)
