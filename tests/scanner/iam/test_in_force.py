"""Which policies of the organization bind an account, and what follows where that is not known."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from scanner.iam.in_force import levels_in_force
from scanner.iam.questions import Questions
from scanner.inventory import (
    Account,
    Document,
    Gap,
    InlinePolicy,
    MemberAccount,
    Organization,
    OrganizationalUnit,
    OrganizationFacts,
    OrganizationPolicy,
    OrganizationRoot,
    OrganizationTree,
    PolicyContent,
    Role,
    User,
)

MANAGEMENT, MEMBER = "111111111111", "222222222222"
SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
GAP = Gap("organizations:ListPolicies", "denied")


def policy(name: str, *targets: str, kind: str = SCP, **statement: object) -> OrganizationPolicy:
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]}).encode()
    return OrganizationPolicy(f"p-{name}", name, kind, False, PolicyContent(Document(text)), targets)


FULL = policy("FullAWSAccess", "r-1", "ou-1", "ou-2", MEMBER, Effect="Allow", Action="*", Resource="*")
NO_STOP = policy("no-stop", "ou-1", Effect="Deny", Action="cloudtrail:StopLogging", Resource="*")
ELSEWHERE = policy("elsewhere", "ou-3", "333333333333", Effect="Deny", Action="*", Resource="*")


def facts(*policies: OrganizationPolicy, **changes: Any) -> OrganizationFacts:
    found = OrganizationFacts(
        membership=Organization("o-1", MANAGEMENT, "ALL"),
        tree=OrganizationTree(
            (OrganizationRoot("r-1", "Root", (SCP, RCP)),),
            (OrganizationalUnit("ou-1", "work", "r-1"), OrganizationalUnit("ou-2", "team", "ou-1")),
        ),
        accounts=(MemberAccount(MEMBER, "member", "ACTIVE", "ou-2"),),
        policies=policies or (FULL, NO_STOP, ELSEWHERE),
    )
    return msgspec.structs.replace(found, **changes)


def account(organization: OrganizationFacts, account_id: str = MEMBER) -> Account:
    everything = Document(b'{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}')
    user = User("ann", f"arn:aws:iam::{account_id}:user/ann", inline=(InlinePolicy("all", everything),))
    return Account(
        account_id=account_id,
        partition="aws",
        taken_at=datetime(2026, 11, 20, tzinfo=UTC),
        users=(user,),
        groups=(),
        roles=(),
        policies=(),
        organization=organization,
    )


def decided(organization: OrganizationFacts, action: str, resource: str = "*", account_id: str = MEMBER) -> str:
    return Questions(account(organization, account_id)).ask("user/ann", action, resource).decision


def test_the_levels_are_those_from_the_root_to_the_account() -> None:
    levels = levels_in_force(account(facts()), "scp")

    assert levels is not None
    names = [[source.name for source in level] for level in levels]
    full = "FullAWSAccess (p-FullAWSAccess)"
    assert names == [[full], [full, "no-stop (p-no-stop)"], [full], [full]]


def test_a_deny_above_the_account_binds_it() -> None:
    assert decided(facts(), "cloudtrail:StopLogging") == "no"
    assert decided(facts(), "cloudtrail:DeleteTrail") == "yes"


def test_a_level_without_an_allow_lets_nothing_through() -> None:
    lists = policy("reads", MEMBER, Effect="Allow", Action="ec2:Describe*", Resource="*")
    full = msgspec.structs.replace(FULL, targets=("r-1", "ou-1", "ou-2"))

    assert decided(facts(full, lists), "ec2:DescribeInstances") == "yes"
    assert decided(facts(full, lists), "ec2:RunInstances") == "no"


def test_the_management_account_is_not_bound() -> None:
    everywhere = policy("all", "r-1", MANAGEMENT, Effect="Deny", Action="*", Resource="*")

    assert decided(facts(everywhere), "cloudtrail:StopLogging", account_id=MANAGEMENT) == "yes"


def test_without_an_organization_nothing_is_missing() -> None:
    alone = OrganizationFacts(membership=None)

    decision = Questions(account(alone)).ask("user/ann", "cloudtrail:StopLogging")
    assert decision.decision == "yes"
    assert "service control policies" not in str(decision.not_collected)


def test_a_type_that_is_off_has_no_effect() -> None:
    tree = OrganizationTree((OrganizationRoot("r-1", "Root", ()),), facts().tree.units)  # type: ignore[union-attr]

    assert decided(facts(tree=tree), "cloudtrail:StopLogging") == "yes"


@pytest.mark.parametrize(
    "changes",
    [
        {"membership": GAP},
        {"tree": GAP},
        {"tree": OrganizationTree((OrganizationRoot("r-1", "Root", (SCP,)),), GAP)},
        {"accounts": GAP},
        {"accounts": (MemberAccount(MEMBER, "member", "ACTIVE"),)},
        {"accounts": ()},
        {"policies": GAP},
        {"policies": (FULL, msgspec.structs.replace(NO_STOP, targets=GAP))},
        {"policies": (FULL, msgspec.structs.replace(NO_STOP, content=GAP))},
    ],
)
def test_what_was_not_read_is_not_taken_for_absent(changes: dict[str, Any]) -> None:
    found = account(facts(**changes))

    assert levels_in_force(found, "scp") is None
    decision = Questions(found).ask("user/ann", "cloudtrail:StopLogging")
    assert decision.not_collected


def test_the_content_of_policies_of_others_does_not_matter() -> None:
    other = msgspec.structs.replace(ELSEWHERE, content=GAP)

    assert decided(facts(FULL, NO_STOP, other), "cloudtrail:StopLogging") == "no"


def test_resource_control_policies_bind_resources_of_the_account_alone() -> None:
    no_reads = policy(
        "no-reads", "r-1", kind=RCP, Effect="Deny", Principal="*", Action="secretsmanager:GetSecretValue", Resource="*"
    )
    found = facts(FULL, no_reads)

    secret = "arn:aws:secretsmanager:eu-west-1:{}:secret:key-AbCdEf"
    assert decided(found, "secretsmanager:GetSecretValue", secret.format(MEMBER)) == "no"
    foreign = Questions(account(found)).ask("user/ann", "secretsmanager:GetSecretValue", secret.format("9" * 12))
    assert foreign.not_collected


def test_policies_of_the_organization_do_not_bind_callers_of_other_accounts() -> None:
    no_assuming = policy("no-assuming", "r-1", Effect="Deny", Action="sts:AssumeRole", Resource="*")
    trust = {
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999988887777:role/x"}, "Action": "sts:AssumeRole"}
        ]
    }
    role = Role("vendor", f"arn:aws:iam::{MEMBER}:role/vendor", Document(json.dumps(trust).encode()))
    found = msgspec.structs.replace(account(facts(FULL, no_assuming)), roles=(role,))

    decision = Questions(found).ask("arn:aws:iam::999988887777:role/x", "sts:AssumeRole", role.arn)

    assert decision.decision == "only_if"
    assert any("service control" in layer for layer in decision.not_collected)
