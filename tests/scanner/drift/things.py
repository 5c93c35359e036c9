"""What records, watches and protects, as the facts of small accounts."""

from __future__ import annotations

from tests.accounts import Json, gap, policy, region, regions

TRAIL = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"
DETECTOR = "arn:aws:guardduty:eu-west-1:111122223333:detector/d"
RULE = "arn:aws:events:eu-west-1:111122223333:rule/tell"
TOPIC = "arn:aws:sns:eu-west-1:111122223333:tell"


def trail(*, logging: bool = True, selectors: Json | None = None, **facts: object) -> Json:
    status = {"kind": "trail-status", "is_logging": logging}
    held = {"kind": "event-selectors", **(selectors or {})}
    found = {"arn": TRAIL, "name": "main", "home_region": "eu-west-1", "status": status, "selectors": held, **facts}
    return regions(region(trails=[found]))


def detector(status: str = "ENABLED", feature: str = "ENABLED") -> Json:
    detail = {"kind": "detector", "status": status, "features": [{"name": "S3_DATA_EVENTS", "status": feature}]}
    return regions(region(detectors=[{"id": "d", "arn": DETECTOR, "detail": detail}]))


def keys(*found: Json) -> Json:
    return {"access_keys": [{"user": "ann", "keys": list(found)}]}


def key(name: str = "AKIAONE", status: str = "Active") -> Json:
    return {"id": name, "user": "ann", "status": status, "created": "2026-01-01T00:00:00Z"}


def instance(tokens: str = "required", hops: int = 1) -> Json:
    metadata = {"tokens": tokens, "hop_limit": hops}
    arn = "arn:aws:ec2:eu-west-1:111122223333:instance/i-1"
    return regions(region(instances=[{"id": "i-1", "arn": arn, "metadata": metadata}]))


def rule(state: str = "ENABLED") -> Json:
    return regions(region(event_rules=[{"name": "tell", "arn": RULE, "state": state, "targets": []}]))


def subscriptions(*arns: str) -> Json:
    found = [{"topic": TOPIC, "protocol": "email", "arn": arn, "endpoint": "example.com"} for arn in arns]
    return regions(region(subscriptions=found))


def key_policy(*statements: Json) -> Json:
    held = {"kind": "policy", "document": policy(*statements)}
    named = "arn:aws:kms:eu-west-1:111122223333:key/k"
    return {"keys": [{"named": named, "region": "eu-west-1", "arn": named, "detail": gap("kms:DescribeKey"),
                      "policy": held, "rotation": None}]}  # fmt: skip
