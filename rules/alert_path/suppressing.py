"""What GuardDuty keeps to itself because a filter archives it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from rules.alert_path.places import Watched, detectors, listed
from rules.frameworks import attack, csf, well_architected
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.events.finding_criteria import matches
from scanner.events.samples import Sample, credential_findings
from scanner.findings import SEVERITIES, Severity
from scanner.inventory import (
    FilterDetail,
    FindingFilter,
    Gap,
    Undetermined,
    describe,
    known,
)
from scanner.shell import command, option

_GUIDE = "https://docs.aws.amazon.com/guardduty/latest/ug/"
_OF_KIND = frozenset({"type", "severity", "service.archived"})
"""Fields that tell what a finding is; all others tell whom or what it is about."""


class Hidden(msgspec.Struct, frozen=True):
    """What one filter hides.

    Attributes:
        types: the types of findings about credentials that it archives.
        only_for: the fields by which it spares some of them; empty where it archives all.
        severity: by the worst of the types, and milder where some are spared.
    """

    filter: str
    types: tuple[str, ...]
    only_for: tuple[str, ...]
    severity: Severity


@rule(
    "guardduty-credential-findings-suppressed",
    severity="high",
    phase="detect",
    subjects=detectors,
    apis=(
        "guardduty:GetDetector",
        "guardduty:ListFilters",
        "guardduty:GetFilter",
        "guardduty:GetAdministratorAccount",
    ),
    controls=(
        *csf("DE.AE-02"),
        *well_architected("SEC04-BP04"),
        *attack(v18="T1562.001", v19="T1685"),
    ),
    references=(f"{_GUIDE}findings_suppression-rule.html", f"{_GUIDE}guardduty_filter-findings.html"),
)
def guardduty_credential_findings_suppressed(watched: Watched, scene: Scene[NoParameters]) -> Hit | None:
    """A suppression rule of GuardDuty archives findings about stolen credentials.

    ## Why
    A finding that a filter with the action ARCHIVE chooses never comes to EventBridge, to Security Hub or to a list
    that anybody looks at. Such filters are made on a noisy day and stay for ever; whoever may call CreateFilter hides
    behind one. Asked is whether a filter chooses a finding of any type that speaks of credentials. A filter that names
    single addresses of the caller, as AWS advises for one's own gateway, is left alone; one for a single role or
    instance weighs less than one for all, but the findings that it hides are those about that very thing.

    ## Fix
    Delete the filter, or give it the action NOOP; where the noise is real, name the address from which it comes.

    ## Breaks
    Nothing; the findings that were hidden come again, and alert.

    ## Bad
    ```json
    {"regions": [{"name": "eu-west-1", "detectors": [{"id": "d1",
      "arn": "arn:aws:guardduty:eu-west-1:111122223333:detector/d1", "administrator": null,
      "detail": {"kind": "detector", "status": "ENABLED"},
      "filters": [{"name": "noise", "detail": {"kind": "finding-filter", "action": "ARCHIVE", "criteria":
        {"Criterion": {"type": {"Equals":
          ["UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"]}}}}}]}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "eu-west-1", "detectors": [{"id": "d1",
      "arn": "arn:aws:guardduty:eu-west-1:111122223333:detector/d1", "administrator": null,
      "detail": {"kind": "detector", "status": "ENABLED"},
      "filters": [{"name": "own-gateway", "detail": {"kind": "finding-filter", "action": "ARCHIVE", "criteria":
        {"Criterion": {
          "type": {"Equals": ["UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"]},
          "service.action.awsApiCallAction.remoteIpDetails.ipAddressV4": {"Equals": ["198.51.100.1"]}}}}}]}]}]}
    ```
    """
    account, region, detector = scene.account, watched.region.name, watched.detector
    samples = credential_findings(account.partition, account.account_id, region)
    found, doubts = [], []
    for each in known(detector.filters):
        try:
            hidden = _hidden(each, samples)
        except Undetermined as error:
            doubts.append(f"The filter {each.name}: {error.reason}")
            continue
        found += [hidden] if hidden else []
    if not found:
        for doubt in doubts:
            raise Undetermined(doubt)
        refuse_for_members(watched, "its filters archive findings of this account too")
        return None
    place = (option("--detector-id", detector.id), option("--region", region))
    return Hit(
        f"In {region} {'; '.join(map(_told, found))}.",
        severity=min((each.severity for each in found), key=SEVERITIES.index),
        material=tuple(f"archives:{each.filter}:{kind}" for each in found for kind in each.types),
        details={"filters": [msgspec.to_builtins(each) for each in found], "not_known": doubts},
        commands=tuple(_change(each, "NOOP", place) for each in found),
        undo=tuple(_change(each, "ARCHIVE", place) for each in found),
    )


def _change(hidden: Hidden, action: str, place: tuple[str, ...]) -> str:
    change = command("aws", "guardduty", "update-filter", "--action", action)
    return " ".join((change, option("--filter-name", hidden.filter), *place))


def _told(hidden: Hidden) -> str:
    for_whom = f", only those with certain values of {', '.join(hidden.only_for)}" if hidden.only_for else ""
    return f"the filter {hidden.filter} archives findings of {listed(hidden.types)}{for_whom}"


def _hidden(found: FindingFilter, samples: tuple[Sample, ...]) -> Hidden | None:
    """What a filter hides of the findings about credentials; None where it is harmless."""
    detail = known(found.detail)
    if detail.action != "ARCHIVE":
        return None
    conditions = _conditions(detail)
    if any(_is_own_address(field, condition) for field, condition in conditions.items()):
        return None
    of_kind = {"Criterion": {field: each for field, each in conditions.items() if field in _OF_KIND}}
    chosen = [sample for sample in samples if matches(of_kind, sample.event["detail"])]
    if not chosen:
        return None
    only_for = tuple(sorted(field for field in conditions if field not in _OF_KIND))
    worst = max(float(sample.event["detail"]["severity"]) for sample in chosen)
    severity: Severity = "low" if worst < 4 else "medium" if only_for else "high"
    return Hidden(found.name, tuple(sample.name for sample in chosen), only_for, severity)


def _conditions(detail: FilterDetail) -> Mapping[str, Any]:
    criteria = json.loads(bytes(detail.criteria))
    found = criteria.get("Criterion", criteria.get("criterion"))
    if not isinstance(found, Mapping):
        raise Undetermined("its criteria cannot be read")
    return found


def _is_own_address(field: str, condition: object) -> bool:
    """Whether findings are archived only for callers at addresses that are told one by one."""
    is_address = field.endswith(("remoteIpDetails.ipAddressV4", "remoteIpDetails.ipAddressV6"))
    return is_address and isinstance(condition, Mapping) and any(name.lower() in {"equals", "eq"} for name in condition)


def refuse_for_members(watched: Watched, what: str) -> None:
    """What another account set for the detectors that it administers cannot be seen from here."""
    administrator = watched.detector.administrator
    if isinstance(administrator, Gap):
        raise Undetermined(f"Whether another account administers GuardDuty: {describe(administrator)}")
    if administrator is not None and (administrator.status or "Enabled") == "Enabled":
        raise Undetermined(f"Account {administrator.account_id} administers GuardDuty, and {what}; it was not scanned")
