"""GuardDuty: the service that notices credentials used from where they should not be."""

from __future__ import annotations

from rules.frameworks import attack, csf, well_architected
from rules.organization.requests import is_closed
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.subjects import regions
from scanner.findings import Severity
from scanner.inventory import Gap, Region, Undetermined, describe, known
from scanner.shell import command, option


@rule(
    "guardduty-off",
    severity="critical",
    phase="detect",
    subjects=regions,
    apis=("guardduty:ListDetectors", "guardduty:GetDetector"),
    controls=(*csf("DE.CM-01"), *well_architected("SEC04-BP03"), *attack(v18="T1562.001", v19="T1685")),
    references=("https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_regions.html",),
)
def guardduty_off(region: Region, scene: Scene[NoParameters]) -> Hit | None:
    """GuardDuty is missing or suspended in an enabled region.

    ## Why
    GuardDuty sees only the region that it runs in. Attackers launch in regions that nobody uses; stolen instance
    credentials used there raise no finding. Every enabled region is asked about; in one that the owner does not count
    among those in use it weighs less, and one that a service control policy provably closes needs no detector.

    ## Fix
    Enable a detector in every enabled region, best from a delegated administrator with auto-enable for all accounts; or
    disable the region.

    ## Breaks
    Nothing; it costs by the volume of events, next to nothing in an idle region.

    ## Bad
    ```json
    {"regions": [{"name": "eu-west-3", "detectors": []}]}
    ```
    ```json
    {"regions": [{"name": "eu-west-3", "detectors": [
      {"id": "d1", "arn": "arn:aws:guardduty:eu-west-3:111122223333:detector/d1",
       "detail": {"kind": "detector", "status": "DISABLED"}}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "eu-west-3", "detectors": [
      {"id": "d1", "arn": "arn:aws:guardduty:eu-west-3:111122223333:detector/d1",
       "detail": {"kind": "detector", "status": "ENABLED"}}]}]}
    ```
    """
    if isinstance(region.detectors, Gap) and region.detectors.status == "not_applicable":
        return None
    detectors = known(region.detectors)
    unread = [detector.detail for detector in detectors if isinstance(detector.detail, Gap)]
    read = [(detector, detector.detail) for detector in detectors if not isinstance(detector.detail, Gap)]
    if any(detail.status == "ENABLED" for _, detail in read):
        return None
    if unread:
        raise Undetermined(describe(unread[0]))
    if is_closed(scene.account, region.name):
        return None
    place = option("--region", region.name)
    severity: Severity | None = None if scene.declared.watches(region.name) else "medium"
    if not read:
        return Hit(
            f"There is no detector in {region.name}.",
            material=("guardduty:no-detector",),
            severity=severity,
            commands=(f"{command('aws', 'guardduty', 'create-detector', '--enable')} {place}",),
            undo=(f'aws guardduty delete-detector --detector-id "${{DETECTOR_ID:?it was printed}}" {place}',),
        )
    detector, detail = read[0]
    change = f"{command('aws', 'guardduty', 'update-detector')} {option('--detector-id', detector.id)} {place}"
    return Hit(
        f"The detector in {region.name} is suspended.",
        material=("guardduty:suspended",),
        details={"detector": detector.id, "status": detail.status},
        severity=severity,
        commands=(f"{change} --enable",),
        undo=(f"{change} --no-enable",),
    )
