"""Policies of AWS, of which a baseline knows name and version only, and AWS changes them every week."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from scanner.drift import Change, Diff, compare, sides
from scanner.inventory import Account
from tests.accounts import OWN, Json, allow, policy
from tests.scanner.baseline.samples import baseline
from tests.scanner.drift.samples import attached, causes, identity, managed, role, told, user

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
QUARANTINE = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"
LISTS = policy(allow("s3:ListBucket"))
READS = policy(allow(["s3:GetObject", "s3:ListBucket"]))
OWN_ONE = managed("own", policy(allow("s3:PutObject")))


def of_aws(document: Json, version: str = "v1", arn: str = READ_ONLY) -> Json:
    return {
        "name": arn.rpartition("/")[2],
        "arn": arn,
        "versions": [{"id": version, "document": document, "is_default": True}],
    }


def holding(*arns: str) -> list[Json]:
    return [{"name": arn.rpartition("/")[2], "arn": arn} for arn in arns]


def since_baseline(old: Account, new: Account, *, consequences: bool = False) -> Diff:
    """What is told of an account since the baseline of another state of it was written."""
    return compare(*sides(("old", baseline(old)), ("new", new), NOW), consequences=consequences)


def of_role(found: Diff) -> list[Change]:
    return [each for each in found.changes if each.resource.type == "role"]


BEFORE = identity(roles=[role(attached=holding(READ_ONLY))], policies=[of_aws(LISTS), OWN_ONE])


def test_that_aws_changed_its_policy_is_one_neutral_change() -> None:
    after = identity(roles=[role(attached=holding(READ_ONLY))], policies=[of_aws(READS, "v2"), OWN_ONE])
    found = since_baseline(BEFORE, after)

    (change,) = found.changes
    assert (change.kind, change.direction, change.severity) == ("changed", "neutral", "info")
    assert (change.what, change.before, change.after) == ("AWS changed its policy", "v1", "v2")
    assert change.consequence[0].startswith("what it contained when it was reviewed is not known to a baseline")
    assert (found.complete, found.summary["widens"]) == (True, 0)


def test_what_else_the_principal_gained_is_told() -> None:
    held = [*holding(READ_ONLY), *attached("own")]
    after = identity(roles=[role(attached=held)], policies=[of_aws(READS, "v2"), OWN_ONE])
    found = since_baseline(BEFORE, after)

    (change,) = of_role(found)
    assert (told(change.gained), told(change.lost), change.direction) == ({"s3:PutObject"}, set(), "widens")
    assert causes(change) == ["policy attached"]
    assert change.gained[0].before == "no"
    assert found.complete


def test_a_policy_of_aws_attached_to_another_role_is_gained() -> None:
    roles = [role(attached=holding(READ_ONLY)), role("more", attached=holding(READ_ONLY))]
    old = identity(roles=[roles[0], role("more")], policies=[of_aws(LISTS)])
    found = since_baseline(old, identity(roles=roles, policies=[of_aws(READS, "v2")]))

    (change,) = of_role(found)
    assert told(change.gained) == {"s3:GetObject", "s3:ListBucket"}


def test_two_snapshots_are_really_compared() -> None:
    after = identity(roles=[role(attached=holding(READ_ONLY))], policies=[of_aws(READS, "v2"), OWN_ONE])
    found = compare(*sides(("old", BEFORE), ("new", after), NOW), consequences=False)

    (change,) = of_role(found)
    assert (told(change.gained), causes(change)) == ({"s3:GetObject"}, ["new default version", "statement changed"])
    (of_policy,) = [each for each in found.changes if each.resource.type == "policy"]
    assert (of_policy.what, of_policy.before, of_policy.consequence) == ("AWS changed its policy", "v1", ())


def test_two_baselines_of_which_nobody_knows_the_documents() -> None:
    after = identity(
        roles=[role(attached=[*holding(READ_ONLY), *attached("own")])], policies=[of_aws(READS, "v2"), OWN_ONE]
    )
    found = compare(*sides(("old", baseline(BEFORE)), ("new", baseline(after)), NOW), consequences=False)

    (change,) = of_role(found)
    assert (told(change.gained), change.gained[0].before) == ({"s3:PutObject"}, "only_if")
    assert found.complete


def test_detached_from_everyone_narrows() -> None:
    found = since_baseline(BEFORE, identity(roles=[role()], policies=[OWN_ONE]))

    (change,) = of_role(found)
    assert (change.kind, change.direction, change.severity) == ("changed", "narrows", "info")
    assert causes(change) == ["policy detached"]
    assert (change.gained, change.lost) == ((), ())
    assert f"what {READ_ONLY} contained when it was reviewed is not known" in change.consequence[0]
    assert (found.complete, found.summary["widens"]) == (True, 0)


@pytest.mark.parametrize("consequences", [True, False])
def test_what_is_gained_beside_it_may_have_been_held(consequences: bool) -> None:
    found = since_baseline(
        BEFORE, identity(roles=[role(attached=attached("own"))], policies=[OWN_ONE]), consequences=consequences
    )

    (change,) = of_role(found)
    assert (told(change.gained), change.direction, change.severity) == ({"s3:PutObject"}, "widens", "medium")
    assert (change.gained[0].before, change.gained[0].after) == ("only_if", "yes")
    assert causes(change) == ["policy attached", "policy detached"]
    assert any("what is told as gained may have been held through it" in text for text in change.consequence)
    assert found.complete


def test_a_group_from_which_it_was_detached() -> None:
    group: Json = {"name": "team", "arn": f"arn:aws:iam::{OWN}:group/team"}
    old = identity(
        users=[user("ann", groups=["team"])],
        groups=[group | {"attached": holding(READ_ONLY)}],
        policies=[of_aws(LISTS)],
    )
    found = since_baseline(old, identity(users=[user("ann", groups=["team"])], groups=[group]))

    (change,) = [each for each in found.changes if each.resource.type == "user"]
    assert (change.direction, causes(change)) == ("narrows", ["policy detached"])
    assert found.complete


def test_a_boundary_of_aws_that_is_gone_gives_back_what_it_may_have_withheld() -> None:
    old = identity(roles=[role(document=READS, boundary=READ_ONLY)], policies=[of_aws(LISTS)])
    found = since_baseline(old, identity(roles=[role(document=READS)]))

    (change,) = of_role(found)
    assert (told(change.gained), causes(change)) == ({"s3:GetObject", "s3:ListBucket"}, ["boundary removed"])
    assert {(each.before, each.after) for each in change.gained} == {("only_if", "yes")}
    assert (change.direction, found.complete) == ("widens", True)


def test_a_quarantine_taken_off_widens_whatever_it_said() -> None:
    old = identity(users=[user("ann", READS, attached=holding(QUARANTINE))], policies=[of_aws(LISTS, arn=QUARANTINE)])
    found = since_baseline(old, identity(users=[user("ann", READS)]))

    (change,) = [each for each in found.changes if each.resource.type == "user"]
    assert (change.direction, change.severity) == ("widens", "high")
    assert change.consequence[0] == f"AWS's quarantine is taken off: {QUARANTINE}"


def test_a_role_that_is_gone_and_one_that_is_new() -> None:
    gone = since_baseline(BEFORE, identity(policies=[OWN_ONE]))
    (change,) = of_role(gone)
    assert (change.kind, change.direction) == ("removed", "narrows")

    # What a new role holds and nobody has read may be anything.
    new = identity(roles=[role(attached=holding(READ_ONLY))], policies=[OWN_ONE])
    come = since_baseline(identity(policies=[OWN_ONE]), new)
    assert [each.kind for each in of_role(come)] == ["not_comparable", "added"]
    assert not come.complete


def test_nothing_is_told_of_the_same_version() -> None:
    assert since_baseline(BEFORE, BEFORE).changes == ()
    both = sides(("old", baseline(BEFORE)), ("new", baseline(BEFORE)), NOW)
    assert compare(*both).changes == ()


def test_a_variable_in_another_spelling_is_the_same() -> None:
    """The normal form of a baseline has variables in lower case, and statements of the same one together."""
    document = policy(
        allow("s3:GetObject", "arn:aws:s3:::${saml:Sub}/*"),
        allow("s3:GetObject", "arn:aws:s3:::b/*"),
        allow("s3:GetObject", ["arn:aws:s3:::${aws:SourceIdentity}x*", "arn:aws:s3:::a/${aws:SourceIdentity}"]),
        allow("s3:GetObject", "arn:aws:s3:::c/${aws:SourceIdentity}"),
    )
    old = role(document=document)
    more = {"name": "more", "document": policy(allow("sqs:SendMessage"))}
    new = {**old, "inline": [*old["inline"], more]}  # type: ignore[misc]
    found = since_baseline(identity(roles=[old]), identity(roles=[new]))

    (change,) = found.changes
    assert (told(change.gained), told(change.lost)) == ({"sqs:SendMessage"}, set())


def test_what_a_variable_without_a_value_took_away_is_gained_without_it() -> None:
    """A user has no such key, so the statement that names it matches nothing at all."""
    patterns = ["arn:aws:s3:::b/*", "arn:aws:s3:::${aws:PrincipalTag/team}/*"]
    old = identity(users=[user("ann", policy(allow("s3:GetObject", patterns)))])
    new = identity(users=[user("ann", policy(allow("s3:GetObject", patterns[:1])))])

    (change,) = since_baseline(old, new).changes
    assert (told(change.gained), change.direction) == ({"s3:GetObject"}, "widens")
