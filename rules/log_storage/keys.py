"""The keys of logging and detection: whether they are changed by themselves."""

from __future__ import annotations

from collections.abc import Iterator

from rules.frameworks import attack, cis, csf, well_architected
from rules.leading import hidden
from rules.trails.keys import is_own_key, key_resource
from scanner.engine import Hit, NoParameters, Scene, Subject, Unread, rule
from scanner.engine.subjects import account_resource
from scanner.inventory import Account, Gap, KeyDetail, KmsKey, known
from scanner.shell import command, option


def _rotatable(account: Account) -> Iterator[Subject[KmsKey] | Unread]:
    """The customer's keys that KMS can rotate, each once, however many resources name it."""
    if isinstance(account.keys, Gap):
        yield Unread(account_resource(account), account.keys)
        return
    yield from hidden(account)
    seen: set[str] = set()
    for key in account.keys:
        name = key.arn or key.named
        if name not in seen and _can_rotate(key):
            seen.add(name)
            yield Subject(key_resource(account, key), key)


def _can_rotate(key: KmsKey) -> bool:
    if key.detail is None or key.rotation is None:
        return False
    # One that waits for its deletion has worse troubles.
    return not isinstance(key.detail, KeyDetail) or not key.detail.state.startswith("Pending")


@rule(
    "log-key-rotation-off",
    severity="low",
    phase="investigate",
    subjects=_rotatable,
    apis=(
        "cloudtrail:DescribeTrails",
        "cloudtrail:ListEventDataStores",
        "cloudtrail:GetEventDataStore",
        "events:ListEventBuses",
        "events:ListRules",
        "events:ListTargetsByRule",
        "s3:GetBucketLocation",
        "s3:ListBuckets",
        "s3:GetBucketEncryption",
        "sns:GetTopicAttributes",
        "sqs:GetQueueAttributes",
        "kms:DescribeKey",
        "kms:GetKeyRotationStatus",
    ),
    controls=(*cis(v7="4.6", v5="3.6"), *csf("PR.DS-01"), *well_architected("SEC08-BP01"), *attack(v18="T1530")),
    references=("https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html",),
)
def log_key_rotation_off(key: KmsKey, scene: Scene[NoParameters]) -> Hit | None:
    """A key of logging or detection is never rotated.

    ## Why
    The same key material encrypts all logs and alerts for ever. KMS can make new material each year and keep the old
    for what was encrypted with it, so that nobody has to do anything. Looked at are the keys of trails, log buckets,
    topics, queues and event data stores that the customer manages, if KMS made their material and they are symmetric.

    ## Fix
    Switch on the rotation of the key.

    ## Breaks
    Nothing: the key keeps its id, and old files stay readable.

    ## Bad
    ```json
    {"regions": [{"name": "eu-west-1", "trails": [], "event_data_stores": [], "event_buses": [], "event_rules": []}],
     "log_buckets": [], "topics": [], "queues": [], "keys": [{"named": "alias/logs", "region": "us-east-1",
      "arn": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
      "detail": {"kind": "key-detail", "manager": "CUSTOMER", "state": "Enabled"}, "policy": null,
      "rotation": {"kind": "key-rotation", "enabled": false}}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "eu-west-1", "trails": [], "event_data_stores": [], "event_buses": [], "event_rules": []}],
     "log_buckets": [], "topics": [], "queues": [], "keys": [{"named": "alias/logs", "region": "us-east-1",
      "arn": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
      "detail": {"kind": "key-detail", "manager": "CUSTOMER", "state": "Enabled"}, "policy": null,
      "rotation": {"kind": "key-rotation", "enabled": true, "period_days": 365}}]}
    ```
    """
    rotation = known(key.rotation)
    if rotation is None or rotation.enabled:
        return None
    own = is_own_key(key, scene.account)
    place = (option("--key-id", key.arn or key.named), option("--region", key.region))
    return Hit(
        "Automatic rotation is off.",
        material=("key:no-rotation",),
        commands=(" ".join((command("aws", "kms", "enable-key-rotation"), *place)),) if own else (),
        undo=(" ".join((command("aws", "kms", "disable-key-rotation"), *place)),) if own else (),
    )
