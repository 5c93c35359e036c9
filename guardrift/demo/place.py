"""Where a planted resource stands, and how a planted fault is described."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from guardrift.demo.setting import ACCOUNT_ID, PARTITION, iam_arn, regional_arn

Kind: TypeAlias = Literal[
    "account", "user", "role", "group", "instance-profile", "instance", "launch-template", "trail", "bucket", "rule",
    "topic", "subscription", "alarm", "filter", "finding", "contact", "region",
]  # fmt: skip
Seed: TypeAlias = Literal[
    "workshop-0-instance-credential-exfiltration",
    "workshop-1-compromised-iam-credentials",
    "automation-role-credential-exfiltration",
    "scenario-compromised-iam-user",
    "guide-credential-breach",
]


_REGIONAL = {
    "trail": ("cloudtrail", "trail/"),
    "rule": ("events", "rule/"),
    "topic": ("sns", ""),
    "alarm": ("cloudwatch", "alarm:"),
}
"""The service of those regional resources whose ARN follows from their name, and what stands before that name."""


@dataclass(frozen=True, slots=True)
class Place:
    """A resource of the demo account.

    Attributes:
        name: as people call it: an instance by its ``Name`` tag, a subscription by its endpoint, a finding by its
            type, a contact by its role, a region by itself, the account by its id.
        region: None for IAM and the account itself.
    """

    kind: Kind
    name: str
    region: str | None = None

    @property
    def arn(self) -> str | None:
        """The ARN, where it follows from the name; None where AWS makes up an id or there is no resource."""
        if self.kind in {"user", "role", "group", "instance-profile"}:
            return iam_arn(self.kind, self.name)
        if self.kind == "bucket":
            return f"arn:{PARTITION}:s3:::{self.name}"
        if self.region is None or self.kind not in _REGIONAL:
            return None
        service, prefix = _REGIONAL[self.kind]
        return regional_arn(service, self.region, prefix + self.name)


ACCOUNT = Place("account", ACCOUNT_ID)


@dataclass(frozen=True, slots=True)
class Twin:
    """A resource that looks like the fault and has to stay silent."""

    place: Place
    why: str


@dataclass(frozen=True, slots=True)
class Planted:
    """A fault in the demo account.

    Attributes:
        name: of the fault; unique in the table. Those that end in the name of their place are told together.
        what: the fault in one sentence.
        seed: the document whose story needs it.
        good_twins: what stays silent beside it; none where an account cannot hold the fault and its twin.
        rule_id: the rule that reports it on ``place``; None where no rule does.
        planned: with no rule, why not, or who answers instead.
    """

    name: str
    what: str
    seed: Seed
    place: Place
    good_twins: tuple[Twin, ...]
    rule_id: str | None = None
    planned: str | None = None
