"""The documents bite: what is stored afterwards denies old sessions everything, and leaves new ones as they were.

Moto's own enforcement reads dates wrongly. So the account is collected again, and two judges that know nothing of each
other are asked: the evaluator, and the oracle of the tests.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import unquote

import pytest

from policies.cutoff import format_instant
from policies.execution.records import Line, Settled
from policies.execution.texts import latest_cutoff
from scanner.iam.questions import WhatIf, questions_of
from scanner.inventory import Account
from tests.policies.execution.incident import OWN, REGION, START, client, collected
from tests.policies.execution.scenes import SCENES, arn
from tests.policies.proof.oracle import Asked, InPlace, Signer, refuses

pytestmark = pytest.mark.usefixtures("aws")

ACTION, OBJECT = "s3:GetObject", "arn:aws:s3:::data/report"


def answer(account: Account, principal: str, **keys: str) -> str:
    """What the evaluator says of reading an object."""
    context = {name.replace("_", ":"): (value,) for name, value in keys.items()}
    decided = questions_of(account).ask(
        principal, ACTION, OBJECT, context=context, what_if=WhatIf(has_no_resource_policy=True)
    )
    return decided.decision


def is_refused(account: Account, principal: str, **keys: str) -> bool:
    """What the oracle says, of the documents that are stored on the principal."""
    name = principal.rpartition("/")[2]
    kind = "role" if ":role/" in principal else "user"
    iam = client("iam")
    named = {f"{kind.title()}Name": name}
    texts = [
        unquote(getattr(iam, f"get_{kind}_policy")(**named, PolicyName=each)["PolicyDocument"])
        for each in getattr(iam, f"list_{kind}_policies")(**named)["PolicyNames"]
    ]
    for each in getattr(iam, f"list_attached_{kind}_policies")(**named)["AttachedPolicies"]:
        version = iam.get_policy(PolicyArn=each["PolicyArn"])["Policy"]["DefaultVersionId"]
        stored = iam.get_policy_version(PolicyArn=each["PolicyArn"], VersionId=version)["PolicyVersion"]["Document"]
        texts.append(unquote(stored))
    asked = Asked(
        Signer(account.account_id, principal), ACTION, OBJECT, {k.replace("_", ":"): v for k, v in keys.items()}
    )
    return refuses([InPlace("inline", principal, text) for text in texts], asked)


def cutoff_of(lines: list[Line]) -> datetime:
    found = {cutoff for each in lines if isinstance(each, Settled) and (cutoff := latest_cutoff(each.stored))}
    assert found
    return max(found)


@pytest.mark.parametrize(("name", "roles"), [("role", ["web"]), ("full role", ["web"]), ("tag", ["web"]),
                                             ("circle", ["team/first", "second", "third"])])  # fmt: skip
def test_old_sessions_are_denied_and_new_ones_are_as_before(name: str, roles: list[str]) -> None:
    incident = SCENES[name]()
    before = collected()
    journal = incident.contained()
    after = collected()
    cutoff = cutoff_of(journal.lines)
    times = {seconds: format_instant(cutoff + timedelta(seconds=seconds)) for seconds in (-1, 0, 3600)}
    times[-3600] = format_instant(START - timedelta(hours=1))

    for role in roles:
        for seconds, issued in times.items():
            keys = {"aws_tokenissuetime": issued}
            assert answer(before, arn(role), **keys) == "yes"
            is_old = seconds < 0
            assert answer(after, arn(role), **keys) == ("no" if is_old else "yes"), (role, issued)
            assert is_refused(after, arn(role), **keys) is is_old, (role, issued)
    incident.freed(journal)
    assert answer(collected(), arn(roles[0]), aws_tokenissuetime=times[-3600]) == "yes"


def test_one_instance_is_revoked_and_the_other_is_not() -> None:
    incident = SCENES["session of an instance"]()
    journal = incident.contained()
    after = collected()
    role_id = incident.begun.unique_id
    old = format_instant(START - timedelta(hours=1))
    suspected, other = incident.begun.instances[0][0], "i-0123456789abcdef0"

    def keys(instance: str, issued: str) -> dict[str, str]:
        return {
            "aws_tokenissuetime": issued,
            "aws_userid": f"{role_id}:{instance}",
            "ec2_sourceinstancearn": f"arn:aws:ec2:{REGION}:{OWN}:instance/{instance}",
        }

    late = format_instant(cutoff_of(journal.lines))
    for instance, issued, is_denied in ((suspected, old, True), (suspected, late, False), (other, old, False)):
        assert is_refused(after, arn("web"), **keys(instance, issued)) is is_denied
        assert answer(after, arn("web"), **keys(instance, issued)) == ("no" if is_denied else "yes")


@pytest.mark.parametrize("name", ["user", "full user"])
def test_a_user_is_denied_everything(name: str) -> None:
    incident = SCENES[name]()
    user = next(each.principal for each in incident.begun.changes)
    incident.contained()
    after = collected()

    for keys in ({}, {"aws_tokenissuetime": format_instant(START + timedelta(days=1))}):
        assert is_refused(after, user, **keys)
        assert answer(after, user, **keys) == "no"


@pytest.mark.parametrize("name", ["boundary of a role", "first boundary of a role"])
def test_a_boundary_denies_everything(name: str) -> None:
    incident = SCENES[name]()
    journal = incident.contained()

    assert answer(collected(), arn("full"), aws_tokenissuetime=format_instant(START)) == "no"
    incident.freed(journal)


def test_nobody_gets_a_session_of_a_frozen_role() -> None:
    incident = SCENES["trust policy"]()
    journal = incident.contained()
    trust = unquote(client("iam").get_role(RoleName="web")["Role"]["AssumeRolePolicyDocument"])

    for action in ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:TagSession"):
        asked = Asked(Signer(OWN, arn("admin")), action, arn("web"), {"aws:principalarn": arn("admin")})
        assert refuses([InPlace("trust", arn("web"), trust)], asked)
    incident.freed(journal)
