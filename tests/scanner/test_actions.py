"""What may be called, and what that presupposes."""

from __future__ import annotations

import pytest

from scanner.actions import (
    ACTIONS,
    BY_API,
    IDENTITY,
    LAST_ACCESSED,
    all_but_options,
    permission_of,
    with_what_they_need,
)


def test_no_action_twice() -> None:
    assert len(BY_API) == len(ACTIONS)


def test_what_an_action_presupposes_is_declared() -> None:
    assert {api for action in ACTIONS for api in action.after} <= set(BY_API)


def test_the_identity_is_always_asked_and_regions_only_where_they_matter() -> None:
    identity = {"sts:GetCallerIdentity"}

    assert with_what_they_need([]) == identity
    assert with_what_they_need(["iam:ListRoles"]) == identity | {"iam:ListRoles"}
    assert with_what_they_need(["ec2:DescribeFlowLogs"]) == identity | {
        "ec2:DescribeFlowLogs",
        "ec2:DescribeRegions",
        "account:ListRegions",
    }


def test_what_leads_to_an_answer_is_asked_first() -> None:
    assert with_what_they_need(["iam:GetAccessKeyLastUsed"]) > {
        "iam:ListAccessKeys",
        "iam:GetCredentialReport",
        "iam:GenerateCredentialReport",
        "iam:GetAccountAuthorizationDetails",
    }


def test_identity_needs_no_region() -> None:
    assert not any(BY_API[api].is_regional for api in with_what_they_need(IDENTITY))


def test_options_are_left_out_unless_they_are_given() -> None:
    assert "iam:GenerateServiceLastAccessedDetails" not in all_but_options()
    assert "iam:GenerateServiceLastAccessedDetails" in all_but_options(LAST_ACCESSED)


def test_an_unknown_action_is_refused() -> None:
    with pytest.raises(KeyError):
        with_what_they_need(["iam:DeleteEverything"])


@pytest.mark.parametrize(
    ("api", "permission"),
    [
        ("ec2:DescribeInstances", "ec2:DescribeInstances"),
        ("s3:ListBuckets", "s3:ListAllMyBuckets"),
        ("accessanalyzer:ListAnalyzers", "access-analyzer:ListAnalyzers"),
        ("sts:GetCallerIdentity", ""),
        ("foreign:Action", "foreign:Action"),
    ],
)
def test_the_permission_of_an_action(api: str, permission: str) -> None:
    assert permission_of(api) == permission
