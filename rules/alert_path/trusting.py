"""Callers of which GuardDuty says nothing, and what it says only late."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rules.alert_path.places import Watched, detectors
from rules.alert_path.suppressing import refuse_for_members
from rules.frameworks import attack, csf, well_architected
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.inventory import Administrator, FindingSet, Gap, SetDetail, Undetermined, known
from scanner.shell import command, option

_GUIDE = "https://docs.aws.amazon.com/guardduty/latest/ug/"


class TrustedParameters(NoParameters, frozen=True):
    """Which lists are known.

    ``accepted`` are the names of trusted lists that somebody reviewed.
    """

    accepted: tuple[str, ...] = ()


@rule(
    "guardduty-trusted-list",
    severity="medium",
    phase="detect",
    subjects=detectors,
    apis=(
        "guardduty:GetDetector",
        "guardduty:ListIPSets",
        "guardduty:GetIPSet",
        "guardduty:ListTrustedEntitySets",
        "guardduty:GetTrustedEntitySet",
        "guardduty:GetAdministratorAccount",
    ),
    controls=(
        *csf("DE.AE-02"),
        *well_architected("SEC04-BP04"),
        *attack(v18="T1562.001", v19="T1685"),
    ),
    references=(f"{_GUIDE}guardduty_upload-lists.html",),
    parameters=TrustedParameters,
)
def guardduty_trusted_list(watched: Watched, scene: Scene[TrustedParameters]) -> Hit | None:
    """GuardDuty says nothing of callers on a list of trusted ones.

    ## Why
    For addresses and domains on a trusted list there are no findings. The list is an object in a bucket: whoever may
    write there, or may call CreateIPSet, makes himself invisible, and so does everybody behind a range that is wide.
    What the list holds is not collected; that is why it is told as something to look at.

    ## Fix
    Read the list. Keep only single addresses of your own, in a bucket that few may write, and name the list in
    ``accepted``; switch off all others.

    ## Breaks
    Findings about the trusted callers come again.

    ## Bad
    ```json
    {"regions": [{"name": "eu-west-1", "detectors": [{"id": "d1",
      "arn": "arn:aws:guardduty:eu-west-1:111122223333:detector/d1", "administrator": null,
      "detail": {"kind": "detector", "status": "ENABLED"}, "trusted_entities": [], "trusted_ips": [{"id": "i1",
        "detail": {"kind": "finding-set", "name": "office", "status": "ACTIVE", "format": "TXT",
          "location": "s3://lists/office.txt"}}]}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "eu-west-1", "detectors": [{"id": "d1",
      "arn": "arn:aws:guardduty:eu-west-1:111122223333:detector/d1", "administrator": null,
      "detail": {"kind": "detector", "status": "ENABLED"}, "trusted_entities": [], "trusted_ips": [{"id": "i1",
        "detail": {"kind": "finding-set", "name": "office", "status": "INACTIVE"}}]}]}]}
    ```
    """
    detector, region = watched.detector, watched.region.name
    lists = (("ips", detector.trusted_ips), ("entities", detector.trusted_entities))
    active = [
        (kind, found, detail)
        for kind, sets in lists
        for found, detail in _active(sets)
        if detail.name not in scene.parameters.accepted
    ]
    if not active:
        for _, sets in lists:
            _refuse_unread(sets)
        refuse_for_members(watched, "its trusted lists hold for this account too")
        return None
    place = f"{option('--detector-id', detector.id)} {option('--region', region)}"
    changes = [f"{_set_command(kind, found)} {place}" for kind, found, _ in active]
    names = ", ".join(f"{detail.name} ({detail.location or 'its place is not known'})" for _, _, detail in active)
    return Hit(
        f"GuardDuty in {region} trusts the callers on {names}. What these lists hold was not read.",
        material=tuple(f"trusted-{kind}:{detail.name}" for kind, _, detail in active),
        details={"lists": [msgspec.to_builtins(detail) for _, _, detail in active]},
        commands=tuple(f"{change} --no-activate" for change in changes),
        undo=tuple(f"{change} --activate" for change in changes),
    )


def _set_command(kind: str, found: FindingSet) -> str:
    if kind == "ips":
        return f"{command('aws', 'guardduty', 'update-ip-set')} {option('--ip-set-id', found.id)}"
    update = command("aws", "guardduty", "update-trusted-entity-set")
    return f"{update} {option('--trusted-entity-set-id', found.id)}"


def _active(sets: tuple[FindingSet, ...] | Gap) -> Iterator[tuple[FindingSet, SetDetail]]:
    for found in () if isinstance(sets, Gap) else sets:
        if not isinstance(found.detail, Gap) and found.detail.status in {"ACTIVE", "ACTIVATING"}:
            yield found, found.detail


def _refuse_unread(sets: tuple[FindingSet, ...] | Gap) -> None:
    if isinstance(sets, Gap) and sets.status == "not_applicable":
        return
    for found in known(sets):
        known(found.detail)


@rule(
    "guardduty-publishing-slow",
    severity="high",
    phase="detect",
    subjects=detectors,
    apis=("guardduty:GetDetector",),
    controls=(
        *csf("DE.AE-06"),
        *well_architected("SEC04-BP04"),
        *attack(v18="T1078.004"),
    ),
    references=(f"{_GUIDE}guardduty_findings_eventbridge.html",),
)
def guardduty_publishing_slow(watched: Watched, _: Scene[NoParameters]) -> Hit | None:
    """GuardDuty tells of findings that go on only after hours.

    ## Why
    A new finding is told within minutes, but that it goes on, from other addresses or with other calls, only as often
    as the detector is set to: every six hours unless somebody changed it. Who missed the first message hears nothing
    more while the thief works.

    ## Fix
    Fifteen minutes. Members have the setting of the account that administers GuardDuty: change it there.

    ## Breaks
    More messages for findings that go on.

    ## Bad
    ```json
    {"regions": [{"name": "eu-west-1", "detectors": [{"id": "d1",
      "arn": "arn:aws:guardduty:eu-west-1:111122223333:detector/d1",
      "detail": {"kind": "detector", "status": "ENABLED", "publishing_frequency": "SIX_HOURS"}}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "eu-west-1", "detectors": [{"id": "d1",
      "arn": "arn:aws:guardduty:eu-west-1:111122223333:detector/d1",
      "detail": {"kind": "detector", "status": "ENABLED", "publishing_frequency": "FIFTEEN_MINUTES"}}]}]}
    ```
    """
    detector, region = watched.detector, watched.region.name
    frequency = known(detector.detail).publishing_frequency
    if frequency is None:
        raise Undetermined("AWS does not say how often findings are published")
    if frequency not in {"SIX_HOURS", "ONE_HOUR"}:
        return None
    words = "six hours" if frequency == "SIX_HOURS" else "hour"
    administrator = detector.administrator
    by_other = isinstance(administrator, Administrator)
    who = f" The account {administrator.account_id} sets it." if isinstance(administrator, Administrator) else ""
    change = command("aws", "guardduty", "update-detector")
    place = f"{option('--detector-id', detector.id)} {option('--region', region)}"
    setting = "--finding-publishing-frequency"
    return Hit(
        f"GuardDuty in {region} tells only every {words} that a finding goes on.{who}",
        severity="high" if frequency == "SIX_HOURS" else "medium",
        material=(f"frequency:{frequency}",),
        details={"detector": detector.id, "frequency": frequency},
        commands=() if by_other else (f"{change} {place} {option(setting, 'FIFTEEN_MINUTES')}",),
        undo=() if by_other else (f"{change} {place} {option(setting, frequency)}",),
    )
