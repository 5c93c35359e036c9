"""What is told of principals: grants, their causes, and what follows."""

from __future__ import annotations

import pytest

from scanner.inventory import Account
from tests.accounts import FOREIGN, OWN, Json, allow, deny, policy
from tests.scanner.drift.samples import (
    LAMBDA,
    attached,
    causes,
    diff,
    identity,
    managed,
    only_change,
    role,
    told,
    user,
    with_scp,
)

READ = policy(allow("s3:GetObject", "arn:aws:s3:::a/*"))
WRITE = policy(allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::a/*"))
TEAM: Json = {"name": "team", "arn": f"arn:aws:iam::{OWN}:group/team", "inline": [{"name": "own", "document": WRITE}]}


def trusting(principal: object, **more: object) -> Json:
    return policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more})


CASES: list[tuple[str, Account, Account, set[str], set[str], str]] = [
    (
        "a statement",
        identity(roles=[role(document=READ)]),
        identity(roles=[role(document=WRITE)]),
        {"s3:PutObject"},
        set(),
        "inline policy changed",
    ),
    (
        "a policy attached",
        identity(roles=[role()], policies=[managed("p", READ)]),
        identity(roles=[role(attached=attached("p"))], policies=[managed("p", READ)]),
        {"s3:GetObject"},
        set(),
        "policy attached",
    ),
    (
        "a policy detached",
        identity(roles=[role(attached=attached("p"))], policies=[managed("p", READ)]),
        identity(roles=[role()], policies=[managed("p", READ)]),
        set(),
        {"s3:GetObject"},
        "policy detached",
    ),
    (
        "a version",
        identity(roles=[role(attached=attached("p"))], policies=[managed("p", READ, WRITE)]),
        identity(roles=[role(attached=attached("p"))], policies=[managed("p", READ, WRITE, default=2)]),
        {"s3:PutObject"},
        set(),
        "new default version",
    ),
    (
        "a boundary",
        identity(roles=[role(document=WRITE, boundary=f"arn:aws:iam::{OWN}:policy/p")], policies=[managed("p", READ)]),
        identity(roles=[role(document=WRITE)], policies=[managed("p", READ)]),
        {"s3:PutObject"},
        set(),
        "boundary removed",
    ),
    (
        "a Deny",
        identity(
            roles=[
                role(document=policy(allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::a/*"), deny("s3:PutObject")))
            ]
        ),
        identity(roles=[role(document=WRITE)]),
        {"s3:PutObject"},
        set(),
        "Deny removed",
    ),
    (
        "a condition",
        identity(
            roles=[role(document=policy(allow("s3:GetObject", Condition={"Bool": {"aws:SecureTransport": "true"}})))]
        ),
        identity(roles=[role(document=policy(allow("s3:GetObject")))]),
        {"s3:GetObject"},
        set(),
        "condition dropped",
    ),
    (
        "a group",
        identity(users=[user("ann")], groups=[TEAM]),
        identity(users=[user("ann", groups=["team"])], groups=[TEAM]),
        {"s3:GetObject", "s3:PutObject"},
        set(),
        "group joined",
    ),
]


@pytest.mark.parametrize(
    ("old", "new", "gained", "lost", "cause"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_grants_with_their_cause(old: Account, new: Account, gained: set[str], lost: set[str], cause: str) -> None:
    (found,) = [each for each in diff(old, new).changes if each.resource.type in ("role", "user")]

    assert (told(found.gained), told(found.lost)) == (gained, lost)
    assert cause in causes(found)
    assert found.direction == ("widens" if gained else "narrows")


def test_a_detached_scp_gives_back_what_it_denied() -> None:
    changes = diff(with_scp("full", "no-trails"), with_scp("full")).changes

    of_role = next(each for each in changes if each.resource.type == "role")
    assert told(of_role.gained) == {"cloudtrail:StopLogging"}
    assert causes(of_role) == ["SCP detached"]
    assert [each.direction for each in changes if each.resource.type == "organization-policy"] == ["widens"]


def test_a_dropped_condition_says_what_it_was() -> None:
    old = identity(
        roles=[role(document=policy(allow("s3:GetObject", Condition={"Bool": {"aws:SecureTransport": "true"}})))]
    )
    found = only_change(old, identity(roles=[role(document=policy(allow("s3:GetObject")))]))

    (grant,) = found.gained
    assert (grant.before, grant.after, grant.conditions) == ("only_if", "yes", ())
    assert grant.conditions_before == ("aws:SecureTransport is true",)


def test_a_wider_condition_is_gained_and_nothing_is_lost() -> None:
    def account(*values: str) -> Account:
        condition = {"StringEquals": {"aws:RequestedRegion": list(values)}}
        return identity(roles=[role(document=policy(allow("ec2:RunInstances", Condition=condition)))])

    found = only_change(account("eu-west-1"), account("eu-west-1", "eu-west-2"))
    assert (told(found.gained), told(found.lost)) == ({"ec2:RunInstances"}, set())
    back = only_change(account("eu-west-1", "eu-west-2"), account("eu-west-1"))
    assert (told(back.gained), told(back.lost), back.direction) == (set(), {"ec2:RunInstances"}, "narrows")


def test_what_two_patterns_share_is_seen() -> None:
    both = [allow("s3:GetObject", "arn:aws:s3:::logs-*"), deny("s3:GetObject", "arn:aws:s3:::*/secret")]
    found = only_change(
        identity(roles=[role(document=policy(*both))]), identity(roles=[role(document=policy(both[0]))])
    )

    assert found.gained[0].resources == ("arn:aws:s3:::logs-* & arn:aws:s3:::*/secret",)


def test_a_wider_resource_leaves_out_what_was_allowed_before() -> None:
    found = only_change(
        identity(roles=[role(document=READ)]), identity(roles=[role(document=policy(allow("s3:GetObject", "*")))])
    )

    assert (found.gained[0].resources, found.gained[0].but_not) == (("*",), ("arn:aws:s3:::a/*",))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            policy(allow(["s3:GetObject", "s3:PutObject"])),
            policy(allow("S3:putobject"), allow("s3:GetObject", Sid="x")),
        ),
        (policy(allow("s3:GetObject")), policy(allow(["s3:GetObject"], ["*"]), allow("s3:GetObject"))),
        (policy(allow("s3:*")), policy(allow("s3:*"), allow("s3:GetObject"))),
    ],
)
def test_equal_meaning_is_no_drift(one: Json, other: Json) -> None:
    assert diff(identity(roles=[role(document=one)]), identity(roles=[role(document=other)])).changes == ()


def test_an_account_and_its_root_are_the_same_in_a_trust() -> None:
    old = identity(roles=[role(trust=trusting({"AWS": FOREIGN}))])
    new = identity(roles=[role(trust=trusting({"AWS": [f"arn:aws:iam::{FOREIGN}:root"]}))])

    assert diff(old, new).changes == ()


@pytest.mark.parametrize(
    ("principal", "severity"), [({"AWS": FOREIGN}, "high"), ("*", "critical"), ({"AWS": "*"}, "critical")]
)
def test_a_wider_trust(principal: object, severity: str) -> None:
    found = only_change(identity(roles=[role()]), identity(roles=[role(trust=trusting(principal))]))

    assert (found.what, found.direction, found.severity) == ("trust widened", "widens", severity)
    back = only_change(identity(roles=[role(trust=trusting(principal))]), identity(roles=[role(trust=LAMBDA)]))
    assert back.direction == "widens", "another principal is admitted, whoever it was before"


def test_a_narrower_trust() -> None:
    both = trusting({"AWS": [OWN, FOREIGN]})
    found = only_change(identity(roles=[role(trust=both)]), identity(roles=[role(trust=trusting({"AWS": OWN}))]))

    assert (found.what, found.direction, found.severity) == ("trust narrowed", "narrows", "info")


DECRYPTS = policy(allow("kms:Decrypt"))


@pytest.mark.parametrize(
    ("document", "severity"),
    [(None, "medium"), (READ, "medium"), (WRITE, "medium"), (DECRYPTS, "high"), (policy(allow()), "high")],
)
def test_whoever_is_made_again_under_a_name_is_not_whom_it_was(document: Json | None, severity: str) -> None:
    one, other = (identity(roles=[role(document=document, id=name)]) for name in ("AROAONE", "AROATWO"))
    for old, new in ((one, other), (other, one)):
        found = only_change(old, new)
        assert (found.what, causes(found)) == ("role re-created", ["re-created"])
        assert (found.direction, found.severity) == ("widens", severity)


def test_a_user_made_again_with_less_is_still_somebody_else() -> None:
    found = only_change(identity(users=[user("ann", WRITE)]), identity(users=[user("ann", READ, id="AIDATWO")]))

    assert (found.direction, told(found.lost)) == ("widens", {"s3:PutObject"})
    assert "re-created" in causes(found)


def test_somebody_made_again_of_whom_not_all_was_read_may_hold_anything() -> None:
    held = attached("p")
    old = identity(roles=[role(attached=held, id="AROAONE")], policies=[managed("p", READ)])
    found = diff(old, identity(roles=[role(attached=held, id="AROATWO")]))

    (change,) = [each for each in found.changes if each.what == "role re-created"]
    assert (change.direction, change.severity, change.gained) == ("widens", "high", ())
    assert not found.complete


def test_an_unknown_id_is_no_other_one() -> None:
    assert diff(identity(roles=[role(id="")]), identity(roles=[role(id="AROATWO")])).summary["widens"] == 0


def test_somebody_made_again_who_reaches_administrator() -> None:
    admin = role("admin", policy(allow()))
    old, new = (identity(roles=[admin], users=[user("ann", ESCALATING, id=name)]) for name in ("AIDAONE", "AIDATWO"))
    found = only_change(old, new, consequences=True)

    assert (found.direction, found.severity) == ("widens", "high")
    assert "whoever holds it now can reach administrator" in found.consequence


def test_an_administrator_made_again() -> None:
    old, new = (identity(roles=[role(document=policy(allow()), id=name)]) for name in ("AROAONE", "AROATWO"))
    found = only_change(old, new, consequences=True)

    assert (found.severity, found.consequence) == ("high", ("whoever holds it now is an administrator",))


def test_new_and_gone_principals() -> None:
    found = only_change(identity(), identity(roles=[role(document=policy(allow()))]))
    assert (found.kind, found.direction, found.severity, causes(found)) == ("added", "widens", "critical", ["created"])
    assert found.gained[0].actions[0].names == ("*",)

    gone = only_change(identity(roles=[role(document=READ)]), identity())
    assert (gone.kind, gone.direction, told(gone.lost)) == ("removed", "narrows", {"s3:GetObject"})


def test_actions_are_folded_by_service_and_level() -> None:
    found = only_change(identity(roles=[role()]), identity(roles=[role(document=policy(allow(["s3:*", "sqs:List*"])))]))

    (grant,) = found.gained
    assert [(each.service, each.level) for each in grant.actions] == [("s3", "*"), ("sqs", "Read")]


def test_a_policy_that_was_not_read_is_not_comparable() -> None:
    old = identity(roles=[role(attached=attached("p"))], policies=[managed("p", READ)])
    found = diff(old, identity(roles=[role(attached=attached("p"))]))

    assert {each.kind for each in found.changes if each.resource.type == "role"} == {"not_comparable"}
    assert not found.complete


ESCALATING = policy(allow(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]))


def test_a_way_to_administrator_is_a_consequence() -> None:
    admin = role("admin", policy(allow()))
    found = only_change(
        identity(roles=[admin], users=[user("ann")]),
        identity(roles=[admin], users=[user("ann", ESCALATING)]),
        consequences=True,
    )

    assert found.severity == "critical"
    assert found.consequence[0].startswith("can now reach administrator by ")
    assert "iam:PassRole" in found.consequence[0]
    assert "arn:aws:iam::111122223333:role/admin" in found.consequence[0]


def test_who_reaches_administrator_by_somebody_else_is_named() -> None:
    users = [user("ann", policy(allow("sts:AssumeRole", f"arn:aws:iam::{OWN}:role/app")))]
    trust = trusting({"AWS": OWN})
    found = diff(
        identity(roles=[role(trust=trust)], users=users),
        identity(roles=[role(document=policy(allow()), trust=trust)], users=users),
        consequences=True,
    )

    (change,) = found.changes
    assert change.consequence[0].startswith("is now an administrator")
    assert (
        f"1 other principal can now reach administrator through it: arn:aws:iam::{OWN}:user/ann" in change.consequence
    )


def test_stopping_a_trail_and_escaping_the_plan_are_consequences() -> None:
    own = policy(allow("cloudtrail:StopLogging"), allow("iam:DeleteRolePolicy", f"arn:aws:iam::{OWN}:role/app"))
    found = only_change(identity(roles=[role()]), identity(roles=[role(document=own)]), consequences=True)

    assert any(text.startswith("can now stop CloudTrail: cloudtrail:StopLogging on ") for text in found.consequence)
    assert any(
        "the revocation plan no longer contains it" in text and "iam:DeleteRolePolicy" in text
        for text in found.consequence
    )
    assert found.severity == "high"


def test_who_can_become_a_role_is_a_consequence_of_its_trust() -> None:
    users = [user("ann", policy(allow("sts:AssumeRole")))]
    found = only_change(
        identity(roles=[role(document=READ)], users=users),
        identity(
            roles=[role(document=READ, trust=trusting({"Service": "lambda.amazonaws.com", "AWS": OWN}))],
            users=users,
        ),
        consequences=True,
    )

    assert found.consequence == (f"1 other principal can now become it: arn:aws:iam::{OWN}:user/ann",)


def test_what_follows_is_told_of_the_principal_alone() -> None:
    arn = f"arn:aws:iam::{OWN}:role/app"
    old = identity(roles=[role()], role_settings=[{"arn": arn, "max_session": 43200}])
    new = identity(roles=[role(document=policy(allow()))], role_settings=[{"arn": arn, "max_session": 3600}])
    found = {each.resource.type: each for each in diff(old, new, consequences=True).changes}

    assert found["role"].severity == "critical"
    settings = found["role-settings"]
    assert (settings.what, settings.direction, settings.severity) == ("sessions must be shorter", "narrows", "info")
    assert settings.consequence == ()
