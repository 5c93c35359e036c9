"""The aggregator of AWS Config over the organization."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, gap, only_finding, region, verdict

RULE = "config-aggregator-missing"
MANAGEMENT, OTHER = "777788889999", "222233334444"
DENIED = gap("config:DescribeConfigurationAggregators", region="eu-west-1")
CONFIG = "config.amazonaws.com"


def delegate(account: str = OWN, *services: str) -> Json:
    return {"account_id": account, "services": services or (CONFIG,)}


def aggregator(*, organization: bool = True, everywhere: bool = True) -> Json:
    return {"name": "all", "is_organization": organization, "all_regions": everywhere}


def seat(aggregators: object, delegates: object = (), management: str = MANAGEMENT, **facts: object) -> Json:
    membership = {"kind": "organization", "id": "o-exampleorg", "management_account": management}
    told = {"membership": membership, "delegates": delegates}
    return {"organization": told, "regions": [region(aggregators=aggregators)], **facts}


CASES: list[Case] = [
    ("the delegate has one", seat([aggregator()], [delegate()]), "pass"),
    (
        "the delegate for rules alone has one",
        seat([aggregator()], [delegate(OWN, "config-multiaccountsetup.amazonaws.com")]),
        "pass",
    ),
    ("the delegate has none", seat([], [delegate()]), "fail"),
    ("the delegate has one of named accounts", seat([aggregator(organization=False)], [delegate()]), "fail"),
    ("the delegate has one of some regions", seat([aggregator(everywhere=False)], [delegate()]), "fail"),
    ("the management account without delegate has none", seat([], management=OWN), "fail"),
    ("the management account without delegate has one", seat([aggregator()], management=OWN), "pass"),
    ("the management account with a delegate, in which it is asked", seat([], [delegate(OTHER)], OWN), ""),
    ("the delegate of another service", seat([], [delegate(OWN, "guardduty.amazonaws.com"), delegate(OTHER)]), ""),
    (
        "a member, which may not list delegates",
        seat([], gap("organizations:ListDelegatedAdministrators", "elsewhere")),
        "",
    ),
    ("delegates denied", seat([], gap("organizations:ListDelegatedAdministrators")), "unknown"),
    (
        "services of a delegate denied",
        seat([], [{"account_id": OWN, "services": gap("organizations:ListDelegatedServicesForAccount")}]),
        "unknown",
    ),
    (
        "no Config in one region",
        seat(gap("config:DescribeConfigurationAggregators", "not_applicable", "eu-west-1"), [delegate()]),
        "fail",
    ),
    ("aggregators denied", seat(DENIED, [delegate()]), "unknown"),
    (
        "denied in one region, one in another",
        seat([], [delegate()], regions=[region(aggregators=DENIED), region("us-east-1", aggregators=[aggregator()])]),
        "pass",
    ),
    ("no region was listed", seat([], [delegate()], regions=[]), "unknown"),
    ("other regions not known", seat([], [delegate()], other_regions=gap("ec2:DescribeRegions")), "unknown"),
    (
        "a stand-alone account",
        {"organization": {"membership": None, "delegates": []}, "regions": [region(aggregators=[])]},
        "",
    ),
    ("membership denied", {"organization": {"membership": gap("organizations:DescribeOrganization")}}, "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_aggregators(facts: Json, expected: str) -> None:
    assert verdict(RULE, facts) == expected


def test_one_that_leaves_regions_out_weighs_less_than_none() -> None:
    partly = only_finding(RULE, seat([aggregator(everywhere=False)], [delegate()]))

    none = only_finding(RULE, seat([], [delegate()]))

    assert partly.evidence["material"] == ["config:aggregator-partial"]
    assert none.evidence["material"] == ["config:no-aggregator"]
    assert (partly.severity, none.severity) == ("low", "medium")
    assert partly.message.endswith("all in eu-west-1 leaves regions out.")


TABLES = {RULE: CASES}
