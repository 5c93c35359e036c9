"""The organization, as its management account, a delegate, a member and an account of its own see it."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import msgspec
import pytest
from moto import mock_aws

from scanner.collect.journal import FileJournal
from scanner.collect.organization import read_organization
from scanner.collect.session import Caller
from scanner.inventory import (
    DelegatedAdministrator,
    Document,
    EffectivePolicy,
    Gap,
    MemberAccount,
    Organization,
    OrganizationalUnit,
    OrganizationFacts,
    OrganizationPolicy,
    OrganizationRoot,
    OrganizationTree,
    PolicyContent,
    known,
)
from tests.collect.answers_identity import (
    ACCOUNTS,
    ALLOW_ALL,
    ANSWERS,
    CONTENTS,
    DECLARED,
    DELEGATION,
    MEMBER,
    NEWEST,
    ORGANIZATION,
    PRODUCTION,
    ROOT,
    SANDBOX,
    WORKLOADS,
)
from tests.collect.asking import asking
from tests.collect.faulty import ACCOUNT_ID, MADE
from tests.collect.stand_in import DENIED, Asked, Refusal, StandIn

MANAGEMENT = "999900001111"
DESCRIBE, ROOTS = "organizations:DescribeOrganization", "organizations:ListRoots"
EFFECTIVE, FEATURES = "organizations:DescribeEffectivePolicy", "iam:ListOrganizationsFeatures"
EVERY = {api for api in ANSWERS if api.startswith("organizations:")} | {FEATURES}
PARTS = ("tree", "accounts", "policies", "delegates", "trusted_services", "delegation_policy", "features")

# What AWS says to accounts that are neither the management account nor a delegated administrator.
NOT_FOR_YOU = Refusal("AccessDeniedException", 400, "You don't have permissions to access this resource.")
NOT_FOR_YOU_EITHER = Refusal(
    "AccessDeniedException",
    400,
    f"User: arn:aws:sts::{ACCOUNT_ID}:assumed-role/scanner/{'x' * 64} is not authorized to perform: "
    "organizations:ListRoots on resource: * because no resource-based policy allows the organizations:ListRoots action",
)
NO_PERMISSION = Refusal(
    "AccessDeniedException",
    400,
    f"User: arn:aws:sts::{ACCOUNT_ID}:assumed-role/scanner/night is not authorized to perform: "
    "organizations:ListRoots on resource: * because no identity-based policy allows the organizations:ListRoots action",
)
NO_DELEGATE = Refusal("AccountNotManagementOrDelegatedAdministratorException", 400, "no")


@pytest.fixture(autouse=True)
def _answers(aws: StandIn) -> None:
    aws.reset(ANSWERS)


def read(session: Any, **options: Any) -> tuple[OrganizationFacts, dict[str, tuple[str, int]]]:
    """The facts, and the status and number of calls of each action."""
    with asking(session, **options) as desk:
        found = read_organization(desk)
        return found, {row.api: (row.status, row.calls) for row in desk.ledger.rows(ACCOUNT_ID)}


def called(aws: StandIn) -> dict[str, int]:
    return {api: number for (api, _), number in aws.requests.items()}


def become_a_member(aws: StandIn, **more: Any) -> None:
    aws.answer(DESCRIBE, {"Organization": {**ORGANIZATION, "MasterAccountId": MANAGEMENT, **more}})


def document(content: object) -> Document:
    return Document(json.dumps(content, separators=(",", ":")).encode())


def test_everything_in_the_management_account(session: Any, aws: StandIn) -> None:
    found, rows = read(session)

    assert found.membership == Organization("o-exampleorg1", ACCOUNT_ID, "ALL")
    assert found.tree == OrganizationTree(
        (OrganizationRoot(ROOT, "Root", ("RESOURCE_CONTROL_POLICY", "SERVICE_CONTROL_POLICY", "TAG_POLICY")),),
        (
            OrganizationalUnit(PRODUCTION, "Production", WORKLOADS),
            OrganizationalUnit(SANDBOX, "Sandbox", ROOT),
            OrganizationalUnit(WORKLOADS, "Workloads", ROOT),
        ),
    )
    assert found.accounts == (
        MemberAccount(ACCOUNT_ID, "main", "ACTIVE", ROOT),
        MemberAccount(MEMBER, "shop", "ACTIVE", PRODUCTION, MADE),
        MemberAccount(NEWEST, "", "", SANDBOX),
    )
    assert found.delegates == (
        DelegatedAdministrator(MEMBER, ("config.amazonaws.com", "guardduty.amazonaws.com")),
        DelegatedAdministrator(NEWEST, ()),
    )
    assert found.trusted_services == ("iam.amazonaws.com", "sso.amazonaws.com")
    assert found.delegation_policy == PolicyContent(document(DELEGATION))
    assert found.declarative_ec2 == EffectivePolicy(document(DECLARED))
    assert found.features == ("RootCredentialsManagement", "RootSessions")
    assert found.read_in is None
    assert {status for status, _ in rows.values()} == {"ok"}
    assert b"not-to-be-kept" not in msgspec.json.encode(found)


def test_policies_of_the_types_that_are_enabled(session: Any, aws: StandIn) -> None:
    found, _ = read(session)

    scp, rcp = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
    assert found.policies == (
        OrganizationPolicy("p-FullAWSAccess", "FullAWSAccess", scp, True, PolicyContent(document(ALLOW_ALL)), (ROOT,)),
        OrganizationPolicy("p-RCPFullAWSAccess", "", rcp, False, PolicyContent(document(ALLOW_ALL)), ()),
        OrganizationPolicy(
            "p-leave", "stay", scp, False, PolicyContent(document(CONTENTS["p-leave"])), (MEMBER, SANDBOX)
        ),
    )
    asked = [request.parameters["Filter"] for request in aws.asked if request.api == "organizations:ListPolicies"]
    assert sorted(asked) == [rcp, scp]


def test_no_call_more_than_needed(session: Any, aws: StandIn) -> None:
    _, rows = read(session)

    assert called(aws) == {
        **dict.fromkeys(EVERY, 1),
        "organizations:ListOrganizationalUnitsForParent": 4,
        "organizations:ListAccountsForParent": 4,
        "organizations:ListPolicies": 2,
        "organizations:DescribePolicy": 3,
        "organizations:ListTargetsForPolicy": 3,
        "organizations:ListDelegatedServicesForAccount": 2,
    }
    assert {api: calls for api, (_, calls) in rows.items()} == called(aws)
    assert {request.parameters["MaxResults"] for request in aws.asked if "organizations:List" in request.api} == {20}


def test_places_are_not_asked_for_where_the_list_tells_them(session: Any, aws: StandIn) -> None:
    paths = {ACCOUNT_ID: f"o-exampleorg1/{ROOT}/{ACCOUNT_ID}/", NEWEST: f"o-exampleorg1/{ROOT}/{SANDBOX}/"}
    listed = [{**account, "Paths": account.get("Paths") or [paths[account["Id"]]]} for account in ACCOUNTS]
    aws.answer("organizations:ListAccounts", {"Accounts": listed})

    found, _ = read(session)

    assert {account.id: account.parent for account in known(found.accounts)} == {
        ACCOUNT_ID: ROOT,
        MEMBER: PRODUCTION,
        NEWEST: SANDBOX,
    }
    assert "organizations:ListAccountsForParent" not in called(aws)


@pytest.mark.parametrize(
    "paths",
    [
        [],
        None,
        [""],
        ["/"],
        ["o-exampleorg1/"],
        ["o-exampleorg1/444455556666/"],
        [f"o-exampleorg1/{ROOT}/{MEMBER}/", f"o-exampleorg1/{ROOT}/{SANDBOX}/{MEMBER}/"],
    ],
)
def test_paths_that_tell_nothing(session: Any, aws: StandIn, paths: list[str] | None) -> None:
    aws.answer("organizations:ListAccounts", {"Accounts": [{"Id": MEMBER, "Paths": paths}]})

    (account,) = known(read(session)[0].accounts)

    assert account.parent == PRODUCTION
    assert called(aws)["organizations:ListAccountsForParent"] == 4


@pytest.mark.parametrize(
    "api", ["organizations:ListOrganizationalUnitsForParent", "organizations:ListAccountsForParent"]
)
def test_accounts_of_which_some_places_are_not_known(session: Any, aws: StandIn, api: str) -> None:
    aws.answer(api, DENIED)

    found, rows = read(session)

    assert {account.id: account.parent for account in known(found.accounts)} == {
        ACCOUNT_ID: None,
        MEMBER: PRODUCTION,
        NEWEST: None,
    }
    assert rows[api][0] == "denied"


def test_a_unit_that_lies_in_itself_ends(session: Any, aws: StandIn) -> None:
    aws.answer("organizations:ListOrganizationalUnitsForParent", {"OrganizationalUnits": [{"Id": WORKLOADS}]})

    tree = known(read(session)[0].tree)

    assert tree is not None
    assert tree.units == (OrganizationalUnit(WORKLOADS, "", ROOT),)
    assert called(aws)["organizations:ListOrganizationalUnitsForParent"] == 2


LISTS = [
    (ROOTS, "Roots"),
    ("organizations:ListOrganizationalUnitsForParent", "OrganizationalUnits"),
    ("organizations:ListAccounts", "Accounts"),
    ("organizations:ListAccountsForParent", "Accounts"),
    ("organizations:ListPolicies", "Policies"),
    ("organizations:ListTargetsForPolicy", "Targets"),
    ("organizations:ListDelegatedAdministrators", "DelegatedAdministrators"),
    ("organizations:ListDelegatedServicesForAccount", "DelegatedServices"),
    ("organizations:ListAWSServiceAccessForOrganization", "EnabledServicePrincipals"),
]


def in_pages(api: str, items: str) -> Any:
    """The usual answer with an empty page in front of it that goes on, and one item on each page after that."""

    def answer(asked: Asked) -> dict[str, Any]:
        usual = ANSWERS[api]
        body = usual(asked) if callable(usual) else usual
        pages: list[dict[str, Any]] = [{}, *({items: [item]} for item in body[items])]
        number = int(asked.parameters.get("NextToken", 0))
        return pages[number] | ({"NextToken": str(number + 1)} if number + 1 < len(pages) else {})

    return answer


@pytest.mark.parametrize(("api", "items"), LISTS, ids=lambda value: str(value))
def test_every_page_counts(session: Any, aws: StandIn, api: str, items: str) -> None:
    whole, _ = read(session)
    usual = len(aws.asked)
    aws.answer(api, in_pages(api, items))

    found, rows = read(session)

    assert found == whole
    assert len(aws.asked) > 2 * usual
    assert sum(calls for _, calls in rows.values()) == len(aws.asked) - usual


@pytest.mark.parametrize(("api", "items"), LISTS, ids=lambda value: str(value))
def test_a_page_that_is_missing(session: Any, aws: StandIn, api: str, items: str) -> None:
    pages = in_pages(api, items)
    aws.answer(api, lambda asked: DENIED if asked.parameters.get("NextToken") == "1" else pages(asked))

    found, rows = read(session)

    assert rows[api][0] == "denied"
    left: dict[str, Any] = {
        ROOTS: found.tree,
        "organizations:ListAccounts": found.accounts,
        "organizations:ListPolicies": found.policies,
        "organizations:ListDelegatedAdministrators": found.delegates,
        "organizations:ListAWSServiceAccessForOrganization": found.trusted_services,
    }
    if api in left:
        assert isinstance(left[api], Gap)
    if api == ROOTS:
        assert isinstance(found.policies, Gap)
        assert known(found.accounts)
    else:
        tree = known(found.tree)
        assert tree is not None
        assert isinstance(tree.units, Gap) == (api == "organizations:ListOrganizationalUnitsForParent")
    if api == "organizations:ListTargetsForPolicy":
        gaps = {policy.id: policy.targets for policy in known(found.policies) if isinstance(policy.targets, Gap)}
        assert sorted(gaps) == ["p-FullAWSAccess", "p-leave"]
    if api == "organizations:ListDelegatedServicesForAccount":
        assert [isinstance(delegate.services, Gap) for delegate in known(found.delegates)] == [True, False]


def test_an_account_in_no_organization(session: Any, aws: StandIn) -> None:
    aws.answer(DESCRIBE, Refusal("AWSOrganizationsNotInUseException", 400))

    found, rows = read(session)

    assert found == OrganizationFacts(
        membership=None,
        tree=None,
        accounts=(),
        policies=(),
        delegates=(),
        trusted_services=(),
        delegation_policy=None,
        declarative_ec2=None,
        features=(),
    )
    assert rows == {DESCRIBE: ("ok", 1)}
    assert called(aws) == {DESCRIBE: 1}


@pytest.mark.parametrize(
    "refused", [NOT_FOR_YOU, NOT_FOR_YOU_EITHER, Refusal("AccessDeniedException", 400, "")], ids=["plain", "long", "-"]
)
def test_a_member_is_told_little(session: Any, aws: StandIn, refused: Refusal) -> None:
    become_a_member(aws)
    aws.answer(ROOTS, refused)

    found, rows = read(session)

    assert found.membership == Organization("o-exampleorg1", MANAGEMENT, "ALL")
    assert found.declarative_ec2 == EffectivePolicy(document(DECLARED))
    for part in PARTS:
        gap = getattr(found, part)
        assert isinstance(gap, Gap)
        assert (gap.status, gap.region, gap.reason) == ("elsewhere", "global", f"readable only in account {MANAGEMENT}")
    assert called(aws) == {DESCRIBE: 1, ROOTS: 1, EFFECTIVE: 1}
    asked = {DESCRIBE: ("ok", 1), EFFECTIVE: ("ok", 1), ROOTS: ("elsewhere", 1)}
    assert rows == {**dict.fromkeys(EVERY, ("elsewhere", 0)), **asked}


def test_a_member_whose_root_is_shown_and_not_found(session: Any, aws: StandIn) -> None:
    """Some endpoints name the root to every account, and know it in one only."""
    become_a_member(aws)
    aws.answer("organizations:ListOrganizationalUnitsForParent", Refusal("ParentNotFoundException"))

    found, rows = read(session)

    assert isinstance(found.tree, Gap)
    assert (found.tree.status, found.tree.reason) == ("elsewhere", f"readable only in account {MANAGEMENT}")
    assert rows["organizations:ListOrganizationalUnitsForParent"] == ("elsewhere", 1)


def test_the_management_account_whose_root_is_not_found(session: Any, aws: StandIn) -> None:
    aws.answer("organizations:ListOrganizationalUnitsForParent", Refusal("ParentNotFoundException"))

    found, rows = read(session)

    assert isinstance(found.tree, OrganizationTree)
    assert isinstance(found.tree.units, Gap)
    assert rows["organizations:ListOrganizationalUnitsForParent"][0] == "error"


def test_what_no_rule_needs_is_not_elsewhere(session: Any, aws: StandIn) -> None:
    become_a_member(aws)
    aws.answer(ROOTS, NOT_FOR_YOU)

    found, rows = read(session, unwanted=[FEATURES])

    assert isinstance(found.features, Gap)
    assert (found.features.api, found.features.status) == (FEATURES, "skipped")
    assert FEATURES not in rows


def test_a_member_without_the_permission_is_denied(session: Any, aws: StandIn) -> None:
    become_a_member(aws)
    aws.answer(ROOTS, NO_PERMISSION)
    aws.answer("organizations:ListAccounts", NOT_FOR_YOU)
    aws.answer(FEATURES, NO_DELEGATE)

    found, rows = read(session)

    assert isinstance(found.tree, Gap)
    assert (found.tree.api, found.tree.status) == (ROOTS, "denied")
    assert "no identity-based policy" in found.tree.reason
    assert isinstance(found.policies, Gap)
    assert found.policies.status == "denied"
    assert isinstance(found.accounts, Gap)
    assert found.accounts.status == "elsewhere"
    assert isinstance(found.features, Gap)
    assert (found.features.status, found.features.reason) == ("elsewhere", f"readable only in account {MANAGEMENT}")
    assert rows[ROOTS] == ("denied", 1)
    assert rows["organizations:ListAccounts"] == rows[FEATURES] == ("elsewhere", 1)


def test_a_delegated_administrator_reads_like_the_management_account(session: Any, aws: StandIn) -> None:
    whole, _ = read(session)
    become_a_member(aws)

    found, rows = read(session)

    assert found == msgspec.structs.replace(whole, membership=Organization("o-exampleorg1", MANAGEMENT, "ALL"))
    assert {status for status, _ in rows.values()} == {"ok"}


def test_a_delegate_whose_second_page_is_refused(session: Any, aws: StandIn) -> None:
    become_a_member(aws)
    pages = in_pages("organizations:ListAccounts", "Accounts")
    aws.answer(
        "organizations:ListAccounts",
        lambda asked: NOT_FOR_YOU if asked.parameters.get("NextToken") == "2" else pages(asked),
    )

    found, rows = read(session)

    assert isinstance(found.accounts, Gap)
    assert rows["organizations:ListAccounts"] == ("elsewhere", 3)


@pytest.mark.parametrize("refused", [NOT_FOR_YOU, NO_PERMISSION])
def test_a_refusal_in_the_management_account_is_denied(session: Any, aws: StandIn, refused: Refusal) -> None:
    aws.answer(ROOTS, refused)
    aws.answer("organizations:ListDelegatedAdministrators", refused)

    found, rows = read(session)

    for part in (found.tree, found.policies, found.delegates):
        assert isinstance(part, Gap)
        assert part.status == "denied"
    assert known(found.accounts)
    assert known(found.trusted_services)
    assert rows[ROOTS] == rows["organizations:ListDelegatedAdministrators"] == ("denied", 1)


def test_the_membership_is_denied(session: Any, aws: StandIn) -> None:
    aws.answer(DESCRIBE, DENIED)

    found, rows = read(session, unwanted=[FEATURES])

    for part in ("membership", "declarative_ec2", *PARTS[:-1]):
        gap = getattr(found, part)
        assert isinstance(gap, Gap)
        assert (gap.api, gap.status) == (DESCRIBE, "denied")
    assert isinstance(found.features, Gap)
    assert (found.features.api, found.features.status) == (FEATURES, "skipped")
    assert rows == {DESCRIBE: ("denied", 1)}


def test_an_organization_for_bills_alone(session: Any, aws: StandIn) -> None:
    aws.answer(DESCRIBE, {"Organization": {**ORGANIZATION, "FeatureSet": "CONSOLIDATED_BILLING"}})
    aws.answer(ROOTS, {"Roots": [{"Id": ROOT}]})

    found, _ = read(session)

    assert (found.policies, found.delegates, found.trusted_services, found.features) == ((), (), (), ())
    assert (found.delegation_policy, found.declarative_ec2) == (None, None)
    assert len(known(found.accounts)) == 3
    assert known(found.tree)
    assert set(called(aws)) == {
        DESCRIBE,
        ROOTS,
        "organizations:ListOrganizationalUnitsForParent",
        "organizations:ListAccounts",
        "organizations:ListAccountsForParent",
    }


def test_a_member_of_an_organization_for_bills_alone(session: Any, aws: StandIn) -> None:
    become_a_member(aws, FeatureSet="CONSOLIDATED_BILLING")
    aws.answer(ROOTS, NOT_FOR_YOU)

    found, _ = read(session)

    assert (found.policies, found.features, found.declarative_ec2) == ((), (), None)
    assert isinstance(found.accounts, Gap)


@pytest.mark.parametrize(
    ("api", "code", "part", "none"),
    [
        (EFFECTIVE, "EffectivePolicyNotFoundException", "declarative_ec2", None),
        ("organizations:DescribeResourcePolicy", "ResourcePolicyNotFoundException", "delegation_policy", None),
        (FEATURES, "ServiceAccessNotEnabledException", "features", ()),
        (FEATURES, "OrganizationNotInAllFeaturesModeException", "features", ()),
    ],
)
def test_what_aws_says_is_not_there(session: Any, aws: StandIn, api: str, code: str, part: str, none: object) -> None:
    aws.answer(api, Refusal(code, 400))

    found, rows = read(session)

    assert getattr(found, part) == none
    assert rows[api] == ("ok", 1)


@pytest.mark.parametrize(
    ("api", "answer", "part"),
    [
        (DESCRIBE, {"Organization": {"Id": "o-1"}}, "membership"),
        (ROOTS, {}, "tree"),
        ("organizations:ListAccounts", {"Accounts": [{"Id": MEMBER, "JoinedTimestamp": "lately"}]}, "accounts"),
        ("organizations:ListPolicies", {"Policies": [{"Name": "nameless"}]}, "policies"),
        ("organizations:ListDelegatedAdministrators", {"DelegatedAdministrators": [{}]}, "delegates"),
        ("organizations:ListAWSServiceAccessForOrganization", {"EnabledServicePrincipals": [{}]}, "trusted_services"),
        ("organizations:DescribeResourcePolicy", {}, "delegation_policy"),
        (EFFECTIVE, {"EffectivePolicy": {"PolicyContent": "[]"}}, "declarative_ec2"),
        (FEATURES, {"EnabledFeatures": [7]}, "features"),
    ],
)
def test_malformed_answers(session: Any, aws: StandIn, api: str, answer: Any, part: str) -> None:
    aws.answer(api, answer)

    found, rows = read(session)

    gap = getattr(found, part)
    assert isinstance(gap, Gap)
    assert (gap.api, gap.status) == (api, "error")
    assert rows[api] == ("error", called(aws)[api])


@pytest.mark.parametrize("text", ["", "{", "[]", '"{}"', "not-to-be-kept"])
def test_a_policy_that_is_none(session: Any, aws: StandIn, text: str) -> None:
    usual = ANSWERS["organizations:DescribePolicy"]
    aws.answer(
        "organizations:DescribePolicy",
        lambda asked: {"Policy": {"Content": text}} if asked.parameters["PolicyId"] == "p-leave" else usual(asked),
    )

    found, rows = read(session)

    contents = {policy.id: policy.content for policy in known(found.policies)}
    assert isinstance(contents["p-leave"], Gap)
    assert contents["p-leave"].status == "error"
    assert "not-to-be-kept" not in contents["p-leave"].reason
    assert contents["p-FullAWSAccess"] == PolicyContent(document(ALLOW_ALL))
    assert rows["organizations:DescribePolicy"] == ("error", 3)


def test_names_and_types_that_a_list_leaves_out(session: Any, aws: StandIn) -> None:
    aws.answer(FEATURES, {})
    aws.answer("organizations:DescribeOrganization", {"Organization": {"Id": "o-1", "MasterAccountId": ACCOUNT_ID}})

    found, _ = read(session)

    assert found.features == ()
    assert found.membership == Organization("o-1", ACCOUNT_ID, None)


def test_members_alone(session: Any, aws: StandIn) -> None:
    found, rows = read(session, wanted=[DESCRIBE, "organizations:ListAccounts"])

    assert [account.id for account in known(found.accounts)] == [ACCOUNT_ID, MEMBER, NEWEST]
    for part in ("tree", "policies", "delegates", "trusted_services", "delegation_policy", "features"):
        gap = getattr(found, part)
        assert isinstance(gap, Gap)
        assert gap.status == "skipped"
    assert rows == {DESCRIBE: ("ok", 1), "organizations:ListAccounts": ("ok", 1)}


def test_nothing_at_all(session: Any, aws: StandIn) -> None:
    found, _ = read(session, unwanted=EVERY)

    assert isinstance(found.membership, Gap)
    assert found.membership.status == "skipped"
    assert aws.asked == []


def test_an_interrupted_collection_goes_on(session: Any, aws: StandIn, tmp_path: Path) -> None:
    def read_on() -> tuple[OrganizationFacts, dict[str, tuple[str, int]]]:
        path, hour = tmp_path / "partial", timedelta(hours=1)
        with closing(FileJournal(path, ACCOUNT_ID, lambda: datetime.now(UTC), hour)) as journal:
            return read(session, journal=journal)

    whole = read_on()
    aws.reset({})

    assert read_on() == whole
    assert aws.asked == []


@mock_aws
def test_an_organization_in_moto() -> None:
    session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "not-a-secret", region_name="us-east-1")
    client = session.client("organizations")
    client.create_organization(FeatureSet="ALL")
    (root,) = client.list_roots()["Roots"]
    unit = client.create_organizational_unit(ParentId=root["Id"], Name="work")["OrganizationalUnit"]["Id"]
    member = client.create_account(Email="a@example.com", AccountName="shop")["CreateAccountStatus"]["AccountId"]
    client.move_account(AccountId=member, SourceParentId=root["Id"], DestinationParentId=unit)
    kind = "SERVICE_CONTROL_POLICY"
    client.enable_policy_type(RootId=root["Id"], PolicyType=kind)
    made = client.create_policy(Name="stay", Description="-", Type=kind, Content=json.dumps(ALLOW_ALL))["Policy"]
    client.attach_policy(PolicyId=made["PolicySummary"]["Id"], TargetId=unit)
    client.enable_aws_service_access(ServicePrincipal="guardduty.amazonaws.com")
    client.register_delegated_administrator(AccountId=member, ServicePrincipal="guardduty.amazonaws.com")
    management = "123456789012"

    with asking(session, unwanted=[EFFECTIVE, FEATURES, "organizations:DescribeResourcePolicy"]) as desk:
        found = read_organization(replace(desk, caller=Caller(management, "aws", "")))

    assert known(found.membership) == Organization(
        client.describe_organization()["Organization"]["Id"], management, "ALL"
    )
    tree = known(found.tree)
    assert tree is not None
    assert tree.units == (OrganizationalUnit(unit, "work", root["Id"]),)
    assert kind in tree.roots[0].enabled_policy_types
    assert {account.id: account.parent for account in known(found.accounts)} == {management: root["Id"], member: unit}
    policies = {policy.name: policy for policy in known(found.policies)}
    assert known(policies["stay"].content).document == document(ALLOW_ALL)
    assert policies["stay"].targets == (unit,)
    assert policies["FullAWSAccess"].is_aws_managed
    assert found.delegates == (DelegatedAdministrator(member, ("guardduty.amazonaws.com",)),)
    assert found.trusted_services == ("guardduty.amazonaws.com",)
