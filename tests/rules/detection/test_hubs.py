"""Security Hub, in both of its forms."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, gap, only_finding, region, regions, verdict

RULE = "security-hub-off"
ARN = f"arn:aws:securityhub:eu-west-1:{OWN}:hub/default"
CSPM: Json = {"kind": "security-hub", "arn": ARN, "standards": []}
NEWER: Json = {"kind": "security-hub-v2", "arn": ARN}


def gaps(status: str) -> tuple[Json, Json]:
    return (
        gap("securityhub:DescribeHub", status, "eu-west-1"),
        gap("securityhub:DescribeSecurityHubV2", status, "eu-west-1"),
    )


DENIED, DENIED_V2 = gaps("denied")
MISSING, MISSING_V2 = gaps("not_applicable")


def hubs(hub: Json | None, newer: Json | None) -> Json:
    return regions(region(security_hub=hub, security_hub_v2=newer))


CASES: list[Case] = [
    ("CSPM", hubs(CSPM, None), "pass"),
    ("the newer form", hubs(None, NEWER), "pass"),
    ("both", hubs(CSPM, NEWER), "pass"),
    ("neither", hubs(None, None), "fail"),
    ("CSPM on, the newer denied", hubs(CSPM, DENIED_V2), "pass"),
    ("CSPM off, the newer denied", hubs(None, DENIED_V2), "unknown"),
    ("CSPM denied, the newer off", hubs(DENIED, None), "unknown"),
    ("CSPM denied, the newer on", hubs(DENIED, NEWER), "pass"),
    ("CSPM off, the newer not in the region", hubs(None, MISSING_V2), "fail"),
    ("CSPM denied, the newer not in the region", hubs(DENIED, MISSING_V2), "unknown"),
    ("neither in the region", hubs(MISSING, MISSING_V2), "pass"),
    ("not asked", regions(region()), "unknown"),
    ("no region was listed", regions(), "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_hubs(facts: Json, expected: str) -> None:
    assert verdict(RULE, facts) == expected


def test_the_command_enables_it_in_the_region() -> None:
    found = only_finding(RULE, hubs(None, None))

    assert found.remediation.commands == ("aws securityhub enable-security-hub --region=eu-west-1",)


TABLES = {RULE: CASES}
