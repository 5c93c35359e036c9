"""One finding, whatever told it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from policies.subjects import Subject

SourceFormat = Literal["GuardDuty", "Security Hub ASFF", "OCSF", "AWS Health"]
Level = Literal["critical", "high", "medium", "low", "informational"]


class FoundFinding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One finding, and the credentials that it suspects.

    All text is as the finding has it, so whoever caused the finding may have chosen it.

    Attributes:
        source_format: in which form it came.
        id: of the finding; empty where it has none.
        type: such as ``UnauthorizedAccess:IAMUser/TorIPCaller``; of AWS Health the code of the event; empty where
            it is not told.
        account_id: the affected account, never that of the event bus; None where nothing says.
        region: where it was found, which need not be where the credential was issued.
        arn: of the finding.
        title: a sentence.
        severity: on GuardDuty's scale of 1 to 10; None where only the level is told.
        level: the severity in words.
        count: how often it was seen.
        first_seen: the first activity; where a search of the logs begins, never a cutoff.
        last_seen: the latest activity.
        updated_at: when it was last told; never a cutoff.
        is_sample: whether it was made up to try the alerts; False where nothing says so.
        is_archived: whether somebody put it away; False where nothing says so.
        subjects: whom it suspects, one for each credential or principal.
        instance_profiles: ARNs of the instance profiles that it names; the role in one may have another name.
        remote_account: the account from whose network the credential was used, if it was inside AWS.
        remote_is_affiliated: whether that account is of the same organization, as GuardDuty sees it.
        attack_sequence: the ARN of the attack sequence that it is part of.
        signals: of an attack sequence, the ids of the findings that it joins.
        notes: what is missing or contradictory, and why there are no subjects; sentences.
    """

    source_format: SourceFormat
    id: str = ""
    type: str = ""
    account_id: str | None = None
    region: str | None = None
    arn: str | None = None
    title: str = ""
    severity: float | None = None
    level: Level | None = None
    count: int | None = None
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    updated_at: datetime | None = None
    is_sample: bool = False
    is_archived: bool = False
    subjects: tuple[Subject, ...] = ()
    instance_profiles: tuple[str, ...] = ()
    remote_account: str | None = None
    remote_is_affiliated: bool | None = None
    attack_sequence: str | None = None
    signals: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
