"""What Systems Manager knows of instances."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.collect.managed import read_host_management, read_managed_instances
from scanner.inventory import Instance, ManagedInstance, ServiceSetting, known
from tests.collect.answers_compute import ANSWERS
from tests.collect.asking import asking
from tests.collect.faulty import ACCOUNT_ID, HOME, OTHER
from tests.collect.stand_in import Refusal, StandIn

SETTING = "ssm:GetServiceSetting"


@pytest.fixture(autouse=True)
def _answers(aws: StandIn) -> None:
    aws.reset(ANSWERS)


def test_managed_instances(session: Any, aws: StandIn) -> None:
    with asking(session) as desk:
        found = known(read_managed_instances(desk, HOME, (Instance("i-1", "arn", "running"),)))

    assert found == (
        ManagedInstance("i-aged", ""),
        ManagedInstance("i-bad", "Online", "3.3.1.0", "Linux", "EC2Instance"),
    )
    assert [asked.parameters for asked in aws.asked] == [
        {"Filters": [{"Key": "ResourceType", "Values": ["EC2Instance"]}], "MaxResults": 50}
    ]


def test_host_management(session: Any, aws: StandIn) -> None:
    with asking(session) as desk:
        found, other = known(read_host_management(desk, HOME)), known(read_host_management(desk, OTHER))

    assert found == ServiceSetting("service-role/AWSSystemsManagerDefaultEC2InstanceManagementRole", "Customized")
    assert other == ServiceSetting("$None")
    assert {asked.parameters["SettingId"] for asked in aws.asked} == {
        "/ssm/managed-instance/default-ec2-instance-management-role"
    }


def test_a_region_that_does_not_know_the_setting(session: Any, aws: StandIn) -> None:
    aws.answer(SETTING, Refusal("ServiceSettingNotFound"))

    with asking(session) as desk:
        assert read_host_management(desk, HOME) is None
    assert [row.status for row in desk.ledger.rows(ACCOUNT_ID)] == ["ok"]
