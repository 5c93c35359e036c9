"""Server certificates in IAM."""

from __future__ import annotations

import pytest

from tests.accounts import OWN, Case, Json, gap, only_finding, verdict

RULE = "iam-server-certificate-expired"


def certificates(*expire: str | None) -> Json:
    found = [
        {"name": f"shop-{place}", "arn": f"arn:aws:iam::{OWN}:server-certificate/shop-{place}", "expires": end}
        for place, end in enumerate(expire)
    ]
    return {"server_certificates": found}


CASES: list[Case] = [
    ("expired at this second", certificates("2026-11-20T12:00:00Z"), "fail"),
    ("expires in a second", certificates("2026-11-20T12:00:01Z"), "pass"),
    ("one of two has expired", certificates("2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"), "fail pass"),
    ("when it expires is not known", certificates(None), "unknown"),
    ("there are none", certificates(), ""),
    ("the list was denied", {"server_certificates": gap("iam:ListServerCertificates")}, "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_expiry(facts: Json, expected: str) -> None:
    assert verdict(RULE, facts) == expected


def test_no_command_is_given_that_could_not_be_undone() -> None:
    found = only_finding(RULE, certificates("2026-11-10T12:00:00Z"))

    assert (found.message, found.resource.name) == ("It expired 10 days ago.", "shop-0")
    assert found.remediation.commands == ()


TABLES = {RULE: CASES}
