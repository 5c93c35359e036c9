"""What GuardDuty looks at: the protection features of a detector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import msgspec

from rules.frameworks import attack, csf, well_architected
from rules.guardduty.places import Placed, detectors_that
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.inventory import Detector, Gap, Undetermined, known
from scanner.shell import command, option

_GUIDE = "https://docs.aws.amazon.com/guardduty/latest/ug/"

_WHERE_CREDENTIALS_ARE_USED = frozenset({"LAMBDA_NETWORK_LOGS", "S3_DATA_EVENTS"})
"""Features without which the use of stolen credentials of functions, and on objects, raises nothing."""


Feature = Literal[
    "AI_ANALYST",
    "AI_PROTECTION",
    "EBS_MALWARE_PROTECTION",
    "EKS_AUDIT_LOGS",
    "EKS_RUNTIME_MONITORING",
    "LAMBDA_NETWORK_LOGS",
    "RDS_LOGIN_EVENTS",
    "RUNTIME_MONITORING",
    "S3_DATA_EVENTS",
]
"""The features that can be switched on and off, as the API names them; any other name would never be found off."""


class Features(NoParameters, frozen=True):
    """Parameters of ``guardduty-features-off``: ``features`` are those that have to be on where the region has them."""

    features: Annotated[tuple[Feature, ...], msgspec.Meta(min_length=1)] = (
        "EBS_MALWARE_PROTECTION",
        "EKS_AUDIT_LOGS",
        "LAMBDA_NETWORK_LOGS",
        "RDS_LOGIN_EVENTS",
        "RUNTIME_MONITORING",
        "S3_DATA_EVENTS",
    )


def _may_run(detector: Detector) -> bool:
    """A suspended detector looks at nothing, which is a finding of its own."""
    return isinstance(detector.detail, Gap) or detector.detail.status == "ENABLED"


@rule(
    "guardduty-features-off",
    severity="medium",
    phase="detect",
    subjects=detectors_that(_may_run),
    apis=("guardduty:ListDetectors", "guardduty:GetDetector"),
    controls=(*csf("DE.CM-09"), *well_architected("SEC04-BP03"), *attack(v18="T1562.001", v19="T1685")),
    references=(f"{_GUIDE}guardduty-features-activation-model.html", f"{_GUIDE}guardduty_regions.html"),
    parameters=Features,
    where_watched=True,
)
def guardduty_features_off(placed: Placed, scene: Scene[Features]) -> Hit | None:
    """Protection features of GuardDuty are off.

    ## Why
    A detector by itself sees management events, DNS and network flows. Objects read with stolen credentials are data
    events, which it sees by S3 protection only; what a function sends out, by Lambda protection only (high). Without
    the others it is blind to what happens inside clusters, databases and machines (medium). A feature that the region
    does not have is not asked for. EKS_RUNTIME_MONITORING is the older form of RUNTIME_MONITORING, for EKS alone.

    ## Fix
    Switch the features on; in an organization for all accounts, from the delegated administrator. RUNTIME_MONITORING
    and EKS_RUNTIME_MONITORING cannot be on together.

    ## Breaks
    Nothing but the bill; each feature is paid by volume, with 30 days for trial. The agents of runtime monitoring take
    memory and CPU time on the hosts.

    ## Bad
    ```json
    {"regions": [{"name": "eu-west-1", "detectors": [
      {"id": "d1", "arn": "arn:aws:guardduty:eu-west-1:111122223333:detector/d1",
       "detail": {"kind": "detector", "status": "ENABLED", "features": [
         {"name": "CLOUD_TRAIL", "status": "ENABLED"}, {"name": "S3_DATA_EVENTS", "status": "DISABLED"}]}}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "ap-southeast-4", "detectors": [
      {"id": "d1", "arn": "arn:aws:guardduty:ap-southeast-4:111122223333:detector/d1",
       "detail": {"kind": "detector", "status": "ENABLED", "features": [
         {"name": "CLOUD_TRAIL", "status": "ENABLED"}, {"name": "S3_DATA_EVENTS", "status": "ENABLED"}]}}]}]}
    ```
    """
    detail = known(placed.detector.detail)
    if not detail.features:
        raise Undetermined("the answer names no features of the detector")
    states = {feature.name: feature.status for feature in detail.features}
    off = [name for name in sorted(set(scene.parameters.features)) if not _is_on(name, states)]
    if not off:
        return None
    older = "RUNTIME_MONITORING" in off and states.get("EKS_RUNTIME_MONITORING") == "ENABLED"
    at_once = [name for name in off if not (older and name == "RUNTIME_MONITORING")]
    return Hit(
        f"Off in {placed.region.name}: {', '.join(off)}."
        + (" EKS_RUNTIME_MONITORING is on, which covers EKS only." if older else ""),
        material=tuple(f"feature-off:{name}" for name in off),
        details={"off": off, "on": sorted(name for name, status in states.items() if status == "ENABLED")},
        severity="high" if _WHERE_CREDENTIALS_ARE_USED.intersection(off) else None,
        commands=_change(placed, at_once, "ENABLED"),
        undo=_change(placed, at_once, "DISABLED"),
    )


def _is_on(feature: str, states: Mapping[str, str]) -> bool:
    """Whether a feature is on, or not to be had in the region; the newer runtime monitoring has in it the older."""
    if feature == "EKS_RUNTIME_MONITORING" and states.get("RUNTIME_MONITORING") == "ENABLED":
        return True
    return states.get(feature, "ENABLED") == "ENABLED"


def _change(placed: Placed, features: Sequence[str], status: str) -> tuple[str, ...]:
    """The command for a detector that this account administers itself; of a member's its administrator decides."""
    if placed.detector.administrator is not None or not features:
        return ()
    change = command(
        "aws", "guardduty", "update-detector", "--features", *(f"Name={x},Status={status}" for x in features)
    )
    where = (option("--detector-id", placed.detector.id), option("--region", placed.region.name))
    return (" ".join((change, *where)),)
