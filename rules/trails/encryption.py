"""The keys that log files are encrypted with: whether there is one, and whether it works."""

from __future__ import annotations

import msgspec

from rules.frameworks import attack, cis, csf, well_architected
from rules.trails.keys import is_own_key
from rules.trails.subjects import GUIDE, every_trail, recording_trails
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.subjects import only
from scanner.findings import Severity
from scanner.inventory import KmsKey, Trail, Undetermined, known
from scanner.log_buckets import key_named, records
from scanner.shell import command, option


@rule(
    "trail-unencrypted",
    severity="medium",
    phase="investigate",
    subjects=recording_trails,
    apis=("cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus"),
    controls=(*cis(v7="4.5", v5="3.5"), *csf("PR.DS-01"), *well_architected("SEC08-BP02"), *attack(v18="T1530")),
    references=(f"{GUIDE}encrypting-cloudtrail-log-files-with-aws-kms.html",),
)
def trail_unencrypted(trail: Trail, _: Scene[NoParameters]) -> Hit | None:
    """The log files of a trail are not encrypted with a key of your own.

    ## Why
    With the encryption of S3 alone, whoever may read objects of the bucket reads the logs: names, addresses, request
    parameters, and which calls were refused: a map for the next step. With a key of your own a reader needs the key as
    well, and each use of it is recorded.

    ## Fix
    Make a symmetric key in the region of the bucket, let CloudTrail use it for this trail alone (aws:SourceArn), let
    the responders decrypt, then name it in the trail.

    ## Breaks
    Readers of the logs, such as a SIEM, need kms:Decrypt on the key. Should the key be disabled, nothing is delivered.

    ## Bad
    ```json
    {"regions": [{"name": "us-east-1", "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "status": {"kind": "trail-status", "is_logging": true}, "selectors": {"kind": "event-selectors"}}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "us-east-1", "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "kms_key": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
       "status": {"kind": "trail-status", "is_logging": true}, "selectors": {"kind": "event-selectors"}}]}]}
    ```
    """
    known(trail.status)
    if trail.kms_key:
        return None
    return Hit(
        "It names no key, so that its files are encrypted with the keys of S3 alone.",
        material=("trail:no-key",),
        details={"bucket": trail.bucket},
    )


_WORKING = {"Enabled", "Updating"}


@rule(
    "trail-key-unusable",
    severity="critical",
    phase="investigate",
    subjects=only(every_trail, lambda trail: trail.kms_key is not None),
    apis=("cloudtrail:DescribeTrails", "kms:DescribeKey"),
    controls=(*csf("RS.AN-07"), *well_architected("SEC10-BP05"), *attack(v18="T1486")),
    references=(
        "https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html",
        "https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html",
    ),
)
def trail_key_unusable(trail: Trail, scene: Scene[NoParameters]) -> Hit | None:
    """The key that a trail encrypts with does not work.

    ## Why
    While the key is disabled or waits for its deletion, CloudTrail delivers nothing, and nobody can read what was
    delivered before. Once it is deleted, those logs are lost for ever. To schedule that is a quiet way to destroy
    evidence: the files stay in place.

    ## Fix
    Cancel the deletion and enable the key, find out who did it (ScheduleKeyDeletion, DisableKey in the event history),
    and watch for the next delivery. If the key is gone, name another one in the trail: what is old is lost.

    ## Breaks
    Nothing.

    ## Bad
    ```json
    {"regions": [{"name": "us-east-1", "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "kms_key": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
       "status": {"kind": "trail-status", "is_logging": true}, "selectors": {"kind": "event-selectors"}}]}],
     "keys": [{"named": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
       "region": "us-east-1", "arn": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
       "detail": {"kind": "key-detail", "manager": "CUSTOMER", "state": "PendingDeletion"},
       "policy": null, "rotation": null}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "us-east-1", "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "kms_key": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
       "status": {"kind": "trail-status", "is_logging": true}, "selectors": {"kind": "event-selectors"}}]}],
     "keys": [{"named": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
       "region": "us-east-1", "arn": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
       "detail": {"kind": "key-detail", "manager": "CUSTOMER", "state": "Enabled"}, "policy": null, "rotation": null}]}
    ```
    """
    key = key_named(trail.kms_key or "", scene.account)
    detail = known(key.detail)
    severity: Severity | None = "high" if records(trail) is False else None
    if detail is None:
        return Hit(
            f"There is no key {key.named}: what was encrypted with it is lost.",
            material=("trail-key:missing",),
            details={"key": key.named},
            severity=severity,
        )
    if detail.state in _WORKING:
        return None
    if detail.state == "Creating":
        raise Undetermined(f"the key {key.named} is being created")
    commands, undo = _enabling(key, detail.state) if is_own_key(key, scene.account) else ((), ())
    return Hit(
        f"The state of the key {key.named} is {detail.state}.",
        material=(f"trail-key:{detail.state}",),
        details={"key": key.named, "state": detail.state, "deletion": msgspec.to_builtins(detail.deletion)},
        severity=severity,
        commands=commands,
        undo=undo,
    )


def _enabling(key: KmsKey, state: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The commands that bring a key back, and those that take it away again."""
    place = (option("--key-id", key.arn or key.named), option("--region", key.region))

    def act(verb: str) -> str:
        return " ".join((command("aws", "kms", verb), *place))

    if state == "Disabled":
        return (act("enable-key"),), (act("disable-key"),)
    if state == "PendingDeletion":
        return (act("cancel-key-deletion"), act("enable-key")), ()
    return (), ()
