"""Sample accounts with known administrators, where the folder that holds them lies beside the repository."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from rules import RULES
from scanner.actions import DETAILS, REGIONAL
from scanner.iam.administrator import administration
from scanner.inventory import Account, Role, User, known
from scanner.snapshot import decode, encode
from tests.accounts import NOW, report

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "privesc"


@pytest.fixture(params=["iam-vulnerable", "pathfinding"])
def sample(request: pytest.FixtureRequest) -> tuple[bytes, dict[str, dict[str, object]]]:
    """The raw file, and what is expected of each principal."""
    raw, expected = (FOLDER / f"{request.param}.{kind}.json" for kind in ("authz", "expected"))
    if not raw.exists():
        pytest.skip("the sample accounts are not beside the repository")
    return raw.read_bytes(), json.loads(expected.read_text())["principals"]


def read(data: bytes) -> Account:
    return decode(data, now=NOW, actions=REGIONAL)


def test_administrators_are_exactly_those_that_are_expected(
    sample: tuple[bytes, dict[str, dict[str, object]]],
) -> None:
    account = read(sample[0])
    principals: list[User | Role] = [*known(account.users), *known(account.roles)]

    found = {principal.arn for principal in principals if administration(principal, account) is not None}

    assert found == {arn for arn, facts in sample[1].items() if facts.get("admin")}
    assert {principal.arn for principal in principals} == set(sample[1])


def test_a_sample_as_pages_and_packed_is_the_same_account(
    sample: tuple[bytes, dict[str, dict[str, object]]],
) -> None:
    whole = json.loads(sample[0])
    pages = [{name: found} for name, found in whole.items() if isinstance(found, list)]
    packed = gzip.compress(json.dumps(pages).encode())

    assert encode(read(packed)) == encode(read(sample[0]))
    assert encode(read(encode(read(packed)))) == encode(read(packed))


def test_a_sample_is_judged_without_a_defect_of_a_rule(
    sample: tuple[bytes, dict[str, dict[str, object]]],
) -> None:
    found = report(read(sample[0]))

    assert not [finding for finding in found.findings if "defect of the rule" in finding.message]
    judged = {result.rule_id for result in found.rules if result.passed or result.failed}
    assert judged >= {rule.id for rule in RULES.values() if set(rule.apis) == {DETAILS}}
    assert all(DETAILS in RULES[rule_id].apis for rule_id in judged)
