"""The settings of an instance's metadata service.

Source: ModifyInstanceMetadataOptions in the Amazon EC2 API Reference: what is not given stays as it is, and the change
is pending for a while.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from policies.execution.api import Api
from policies.execution.changes import Change
from policies.execution.slots.slot import NotRemovable

_MEMBERS = ("HttpTokens", "HttpPutResponseHopLimit")


def written(tokens: str, hops: int) -> str:
    """The settings as text."""
    return json.dumps(dict(zip(_MEMBERS, (tokens, hops), strict=True)), separators=(",", ":"))


REQUIRED = written("required", 1)
"""A token is required, and the answer goes one hop."""


@dataclass(slots=True)
class MetadataOptions:
    """Whether a token is required, and how many hops an answer goes; the name of the change is the instance's id."""

    change: Change
    api: Api

    def read(self) -> str | None:
        """The settings; None where the instance is not there."""
        answer = self.api.call("ec2", "DescribeInstances", region=self.change.region, InstanceIds=[self.change.name])
        found = [each for held in answer["Reservations"] for each in held["Instances"]]
        options = found[0].get("MetadataOptions") if found else None
        return written(*(options[member] for member in _MEMBERS)) if options else None

    def write(self, text: str) -> None:
        """Set them."""
        self.api.call(
            "ec2",
            "ModifyInstanceMetadataOptions",
            region=self.change.region,
            InstanceId=self.change.name,
            **json.loads(text),
        )

    def remove(self) -> None:
        """An instance has them always."""
        raise NotRemovable("an instance has metadata options always")
