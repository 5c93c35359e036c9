"""Which roles have to be revoked together."""

from __future__ import annotations

import time

import pytest

from scanner.containment.revocation_set import RevocationSet, revocation_set
from scanner.iam.lookup import NoSuchPrincipal
from scanner.inventory import Account, NotCollected, Role, User, known
from tests.accounts import FOREIGN, OWN, Json, account, allow, deny, gap, policy

MFA: Json = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
EXTERNAL: Json = {"Condition": {"StringEquals": {"sts:ExternalId": "s3cret"}}}


def role_arn(name: str, path: str = "/") -> str:
    return f"arn:aws:iam::{OWN}:role{path}{name}"


def user_arn(name: str) -> str:
    return f"arn:aws:iam::{OWN}:user/{name}"


def trusts(*arns: str, **elements: object) -> Json:
    principals = list(arns) or [f"arn:aws:iam::{OWN}:root"]
    return policy({"Effect": "Allow", "Principal": {"AWS": principals}, "Action": "sts:AssumeRole", **elements})


def role(name: str, trust: Json, *targets: str, path: str = "/", **parts: object) -> Json:
    may = [{"name": "assume", "document": policy(allow("sts:AssumeRole", list(targets)))}] if targets else []
    return {"name": name, "arn": role_arn(name, path), "path": path, "trust": trust, "inline": may, **parts}


def user(name: str, *targets: str) -> Json:
    may = [{"name": "assume", "document": policy(allow("sts:AssumeRole", list(targets)))}] if targets else []
    return {"name": name, "arn": user_arn(name), "inline": may}


def of(*roles: Json, users: tuple[Json, ...] = (), **facts: object) -> Account:
    return account({"roles": list(roles), "users": list(users), "groups": [], "policies": [], **facts})


def named(found: Account, name: str) -> Role | User:
    people: tuple[Role | User, ...] = (*known(found.roles), *known(found.users))
    return next(each for each in people if each.name == name)


def set_of(found: Account, name: str) -> RevocationSet:
    return revocation_set(named(found, name), found)


def names(found: RevocationSet) -> list[str]:
    return [each.arn.rpartition("/")[2] for each in found.reached]


EC2: Json = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})


def test_role_that_leads_nowhere_is_revoked_alone() -> None:
    found = set_of(of(role("app", EC2), role("other", EC2)), "app")

    assert found.batch == (role_arn("app"),)
    assert found == RevocationSet(principal=role_arn("app"), reached=())


def test_chain_is_followed_to_its_end() -> None:
    chain = of(
        role("a", EC2, role_arn("b")),
        role("b", trusts(), role_arn("c")),
        role("c", trusts(role_arn("b"))),
        role("d", trusts(role_arn("x"))),
    )
    found = set_of(chain, "a")

    assert names(found) == ["b", "c"]
    assert [each.by for each in found.reached] == [role_arn("a"), role_arn("b")]
    assert all(each.is_certain for each in found.reached)
    assert found.batch == tuple(map(role_arn, "abc"))
    assert found.circle == ()
    # Who comes before a role in the chain does not live on its sessions.
    assert set_of(chain, "b").batch == tuple(map(role_arn, "bc"))


def test_circle_is_one_batch_and_what_it_leads_to_as_well() -> None:
    chain = of(
        role("a", trusts(), role_arn("b")),
        role("b", trusts(), role_arn("c")),
        role("c", trusts(), role_arn("a"), role_arn("d")),
        role("d", trusts()),
    )
    for name in "abc":
        found = set_of(chain, name)
        assert found.circle == tuple(map(role_arn, "abc"))
        assert found.batch == tuple(map(role_arn, "abcd"))
    assert set_of(chain, "d").circle == ()
    assert set_of(chain, "d").batch == (role_arn("d"),)


def test_role_that_may_assume_itself_is_told_of_once() -> None:
    missing = [{"name": "p", "arn": f"arn:aws:iam::{OWN}:policy/p"}]
    found = set_of(of(role("a", trusts(role_arn("a")), attached=missing)), "a")

    assert len(found.unread) == 1
    assert set_of(of(role("a", trusts(role_arn("a")), path="/aws-reserved/x/")), "a").left_out[1:] == ()


def test_role_that_may_assume_itself_is_a_circle_of_one() -> None:
    found = set_of(of(role("a", trusts(role_arn("a")))), "a")

    assert found.circle == (role_arn("a"),)
    assert found.reached == ()
    assert found.batch == (role_arn("a"),)


def test_trust_without_permission_and_permission_without_trust_are_no_step() -> None:
    assert names(set_of(of(role("a", EC2), role("b", trusts())), "a")) == []
    assert names(set_of(of(role("a", EC2, "*"), role("b", EC2)), "a")) == []


def test_trust_policy_that_names_the_role_needs_no_permission() -> None:
    assert names(set_of(of(role("a", EC2), role("b", trusts(role_arn("a")))), "a")) == ["b"]


def test_deny_takes_a_step_away() -> None:
    denied = role("a", EC2, "*", inline=[{"name": "x", "document": policy(allow("sts:*"), deny("sts:AssumeRole"))}])

    assert names(set_of(of(denied, role("b", trusts())), "a")) == []


@pytest.mark.parametrize(("condition", "word"), [(MFA, "MultiFactorAuthPresent"), (EXTERNAL, "sts:ExternalId")])
def test_step_that_hangs_on_a_condition_counts_and_names_it(condition: Json, word: str) -> None:
    chain = of(role("a", EC2, role_arn("b")), role("b", trusts(**condition), role_arn("c")), role("c", trusts()))
    found = set_of(chain, "a")

    assert names(found) == ["b", "c"]
    assert [each.is_certain for each in found.reached] == [False, False]
    assert word in " ".join(found.reached[0].conditions)
    # The second step hangs on nothing of its own.
    assert found.reached[1].conditions == ()


def test_certain_way_is_told_before_an_uncertain_one() -> None:
    chain = of(
        role("a", EC2, "*"),
        role("b", trusts(), role_arn("c")),
        role(
            "c",
            policy(
                {"Effect": "Allow", "Principal": {"AWS": role_arn("a")}, "Action": "sts:AssumeRole", **MFA},
                {"Effect": "Allow", "Principal": {"AWS": role_arn("b")}, "Action": "sts:AssumeRole"},
            ),
        ),
    )
    last = set_of(chain, "a").reached[-1]

    assert (last.arn, last.by, last.is_certain) == (role_arn("c"), role_arn("b"), True)


def test_long_way_with_one_condition_is_told_before_a_short_one_with_two() -> None:
    chain = of(
        role("a", EC2, role_arn("b"), role_arn("x")),
        role("b", trusts(), role_arn("y")),
        role("y", trusts(), role_arn("c")),
        role("x", trusts(**MFA), role_arn("c")),
        role("c", trusts(**EXTERNAL)),
    )
    steps = {each.arn: each for each in set_of(chain, "a").reached}

    assert steps[role_arn("c")].by == role_arn("y")
    assert not steps[role_arn("c")].is_certain


def test_condition_that_cannot_hold_is_no_step() -> None:
    other = trusts(Condition={"StringEquals": {"aws:PrincipalArn": role_arn("somebody")}})

    assert names(set_of(of(role("a", EC2, "*"), role("b", other)), "a")) == []


def test_user_has_roles_but_is_none() -> None:
    chain = of(role("a", trusts(), role_arn("b")), role("b", trusts()), users=(user("alice", role_arn("a")),))
    found = set_of(chain, "alice")

    assert found.batch == (role_arn("a"), role_arn("b"))
    assert found.circle == ()


def test_service_linked_and_reserved_roles_are_left_out_with_the_reason() -> None:
    linked, reserved = "/aws-service-role/x.amazonaws.com/", "/aws-reserved/sso.amazonaws.com/"
    chain = of(
        role("a", EC2, "*"),
        role("linked", trusts(), path=linked),
        role("reserved", trusts(), path=reserved),
        role("plain", trusts()),
    )
    found = set_of(chain, "a")

    assert names(found) == ["reserved", "linked", "plain"]
    assert found.batch == (role_arn("a"), role_arn("plain"))
    assert {each.arn for each in found.left_out} == {role_arn("linked", linked), role_arn("reserved", reserved)}
    assert all(each.reason and each.alternative for each in found.left_out)


def test_principal_that_cannot_be_revoked_is_left_out_itself() -> None:
    linked = "/aws-service-role/x.amazonaws.com/"
    found = set_of(of(role("linked", EC2, path=linked)), "linked")

    assert found.batch == ()
    assert [each.arn for each in found.left_out] == [role_arn("linked", linked)]


@pytest.mark.parametrize(
    ("resource", "is_outside"),
    [
        (f"arn:aws:iam::{FOREIGN}:role/x", True),
        ("arn:aws:iam::*:role/x", True),
        ("arn:aws:iam::*", True),
        ("arn:aws:*", True),
        ("*", True),
        (f"arn:aws:iam::{OWN}:role/*", False),
        (f"arn:aws:iam::{FOREIGN}:user/x", False),
        ("arn:aws:s3:::bucket", False),
        ("arn:aws:s3:::*", False),
    ],
)
def test_roles_of_other_accounts_are_named_as_the_policies_have_them(resource: str, *, is_outside: bool) -> None:
    found = set_of(of(role("a", EC2, role_arn("b")), role("b", trusts(), resource)), "a")

    assert found.outside == ((resource,) if is_outside else ())


def test_all_but_some_resources_are_outside_too() -> None:
    statement: Json = {"Effect": "Allow", "Action": "sts:AssumeRole", "NotResource": role_arn("x")}
    found = set_of(of(role("a", EC2, inline=[{"name": "n", "document": policy(statement)}])), "a")

    assert found.outside == ("*",)


def test_trust_of_a_foreign_account_is_a_way_in_and_not_a_step() -> None:
    found = set_of(of(role("a", trusts(f"arn:aws:iam::{FOREIGN}:root"))), "a")

    assert (found.reached, found.circle, found.outside) == ((), (), ())


def test_policy_that_was_not_read_is_said() -> None:
    missing = [{"name": "p", "arn": f"arn:aws:iam::{OWN}:policy/p"}]
    chain = of(role("a", EC2, role_arn("b")), role("b", trusts(), attached=missing), role("c", trusts()))

    assert any("policy/p" in each for each in set_of(chain, "a").unread)
    assert set_of(chain, "c").unread == ()


def test_trust_policy_that_was_not_understood_is_said_of_everybody() -> None:
    strange = policy({"Effect": "Permit", "Principal": "*", "Action": "sts:AssumeRole"})
    found = set_of(of(role("a", EC2), role("odd", strange)), "a")

    assert any("odd" in each for each in found.unread)


def test_roles_that_were_not_read_are_no_empty_set() -> None:
    facts = account({"roles": gap("iam:GetAccountAuthorizationDetails"), "users": [user("alice")]})
    with pytest.raises(NotCollected):
        revocation_set(known(facts.users)[0], facts)


def test_stranger_is_refused() -> None:
    stranger = named(of(role("x", EC2)), "x")
    with pytest.raises(NoSuchPrincipal):
        revocation_set(stranger, of(role("a", EC2)))


def test_containment_of_an_earlier_incident_hides_nothing() -> None:
    held = [
        {"name": "assume", "document": policy(allow("sts:AssumeRole", role_arn("b")))},
        {"name": "ir", "document": policy(deny("*", "*"))},
    ]
    assert names(set_of(of(role("a", EC2, inline=held), role("b", trusts())), "a")) == ["b"]


def test_service_control_policies_are_no_wall() -> None:
    # Whoever relies on them would leave the thief in when they change.
    def scp(name: str, document: Json) -> Json:
        content = {"kind": "policy-content", "document": document}
        return {
            "id": name, "name": name, "type": "SERVICE_CONTROL_POLICY", "is_aws_managed": False, "content": content,
            "targets": ["r-1", OWN],
        }  # fmt: skip

    organization: Json = {
        "membership": {"kind": "organization", "id": "o-a1b2c3d4e5", "management_account": FOREIGN},
        "tree": {
            "kind": "organization-tree",
            "roots": [{"id": "r-1", "enabled_policy_types": ["SERVICE_CONTROL_POLICY"]}],
            "units": [],
        },
        "accounts": [{"id": OWN, "name": "own", "state": "ACTIVE", "parent": "r-1"}],
        "policies": [scp("p-all", policy(allow())), scp("p-no", policy(deny("sts:AssumeRole")))],
    }
    chain = of(role("a", EC2, role_arn("b")), role("b", trusts(**MFA)), organization=organization)

    assert names(set_of(chain, "a")) == ["b"]
    assert "MultiFactorAuthPresent" in " ".join(set_of(chain, "a").reached[0].conditions)


def _large(number: int) -> Account:
    """Every tenth role may assume every role, every other one the next; a third admits whoever has MFA."""
    roles = []
    for at in range(number):
        condition = MFA if at % 3 == 0 else {}
        targets = "*" if at % 10 == 0 else role_arn(f"r{(at + 1) % number}")
        roles.append(role(f"r{at}", trusts(**condition), targets))
    return of(*roles)


def test_thousands_of_roles_are_indexed_once() -> None:
    large = _large(5_000)
    first, second = known(large.roles)[:2]
    begun = time.process_time()
    whole = revocation_set(first, large)
    indexed = time.process_time() - begun
    assert len(whole.batch) == 5_000
    assert len(whole.circle) == 5_000
    begun = time.process_time()
    again = revocation_set(second, large)
    looked_up = time.process_time() - begun

    assert again.circle == whole.circle
    # Generous: what matters is that it is neither quadratic nor found anew.
    assert indexed < 20
    assert looked_up < 2


def test_order_of_the_facts_does_not_matter() -> None:
    roles = [
        role("a", trusts(), role_arn("b")),
        role("b", trusts(**EXTERNAL), role_arn("a"), role_arn("c")),
        role("c", trusts()),
    ]
    assert set_of(of(*roles), "a") == set_of(of(*reversed(roles)), "a")
