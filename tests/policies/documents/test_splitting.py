"""Service control policies for many principals: none left out, none twice, none too long, the same in any order."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.documents.quotas import SCP
from policies.documents.scps import scp_contain_principals, scp_revoke_principals
from policies.documents.values import principal_arn
from policies.documents.writing import NotWritable
from tests.accounts import OWN
from tests.policies.documents.samples import statements

_PATHS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=300)
ARNS = st.builds(lambda path, name: f"arn:aws:iam::{OWN}:role/{path}/{name}", _PATHS, st.sampled_from(["a", "b" * 64]))


def named(documents: tuple[str, ...]) -> list[str]:
    return [arn for text in documents for arn in statements(text)[0]["Condition"]["ArnEquals"]["aws:PrincipalArn"]]


@settings(max_examples=50, deadline=None)
@given(st.lists(ARNS.filter(lambda arn: "role/aws-service-role/" not in arn), min_size=1, max_size=80))
def test_every_principal_is_in_one_document(arns: list[str]) -> None:
    for documents in (scp_contain_principals(arns), scp_revoke_principals(arns)):
        assert named(documents) == sorted({principal_arn(arn) for arn in arns})
        assert all(SCP.fits(text) for text in documents)


def test_documents_are_filled_and_the_same_in_any_order() -> None:
    arns = [f"arn:aws:iam::{OWN}:role/app-{number:04}" for number in range(300)]

    documents = scp_contain_principals(arns)

    assert len(documents) == 3
    assert documents == scp_contain_principals(reversed([*arns, *arns]))
    assert all(len(text) > SCP.characters - 60 for text in documents[:-1])


def test_no_principal_is_no_document() -> None:
    with pytest.raises(NotWritable, match="no principal"):
        scp_contain_principals([])
