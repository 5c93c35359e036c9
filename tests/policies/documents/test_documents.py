"""Every template: valid, minified, the same each time, within its quota, and of the grammar of its layer."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from policies import PLACEHOLDER
from policies.documents import CONTAINING, DOCUMENTS, GUARDING, Template, example, named
from policies.documents import quotas as q
from policies.documents.writing import serialise
from policies.templates import TEMPLATES
from scanner.containment.headroom import ROLE_REVOCATION, USER_QUARANTINE
from scanner.iam.decision import Layer
from scanner.iam.documents import parse
from scanner.iam.layer_grammar import problems
from scanner.inventory import Document
from tests.policies.documents.samples import ALL, CUTOFF, filled, text_of

ids: Any = lambda template: template.name  # noqa: E731

TIMED = {
    "revoke-sessions", "revoke-session", "revoke-instance", "revoke-user-sessions", "require-user-mfa",
    "scp-revoke-principals", "permission-set-revoke-person",
}  # fmt: skip


@pytest.mark.parametrize("template", DOCUMENTS, ids=ids)
def test_documents_are_minified_json_and_the_same_each_time(template: Template) -> None:
    for cutoff in (PLACEHOLDER, CUTOFF):
        text = text_of(template, cutoff=cutoff)

        assert text == serialise(json.loads(text))
        assert text == text_of(template, cutoff=cutoff)
        assert text.isascii()


@pytest.mark.parametrize("template", DOCUMENTS, ids=ids)
def test_documents_are_within_their_quota(template: Template) -> None:
    assert template.quota is not None
    assert 0 < template.quota.size(text_of(template)) <= template.quota.characters
    assert template.quota.size(text_of(template)) == template.quota.size(text_of(template, cutoff=CUTOFF))


@pytest.mark.parametrize("template", DOCUMENTS, ids=ids)
def test_the_time_stands_where_it_is_computed(template: Template) -> None:
    open_, closed = text_of(template), text_of(template, cutoff=CUTOFF)

    assert (PLACEHOLDER in open_) == (template.name in TIMED)
    assert PLACEHOLDER not in closed
    assert open_.replace(PLACEHOLDER, CUTOFF) == closed


_LAYERS: dict[str, Layer] = {
    "inline": "identity", "boundary": "boundary", "scp": "scp", "rcp": "rcp", "permission set": "identity",
}  # fmt: skip


@pytest.mark.parametrize("template", [each for each in DOCUMENTS if each.layer in _LAYERS], ids=ids)
def test_documents_are_of_the_grammar_of_their_layer(template: Template) -> None:
    policy = parse(Document(text_of(template, cutoff=CUTOFF).encode()))

    assert problems(_LAYERS[template.layer], policy) == ()


@pytest.mark.parametrize("template", CONTAINING, ids=ids)
def test_what_contains_only_denies(template: Template) -> None:
    saved = 1 if template.layer in ("trust", "permission set") else 0
    own = json.loads(text_of(template))["Statement"][saved:]

    assert own
    assert {each["Effect"] for each in own} == {"Deny"}


@pytest.mark.parametrize("template", DOCUMENTS, ids=ids)
def test_examples_show_placeholders(template: Template) -> None:
    text = example(template)

    assert "EXAMPLE" not in text
    assert isinstance(json.loads(text), dict)


def test_the_catalogue() -> None:
    names = [each.name for each in DOCUMENTS]

    assert len(set(names)) == len(names)
    assert len({each.file for each in DOCUMENTS}) == len(names)
    assert set(TEMPLATES) < set(CONTAINING)
    assert {each.when for each in CONTAINING} == {"contain now"}
    assert {each.when for each in GUARDING} == {"to have before"}
    for each in DOCUMENTS:
        assert (each.effects is None) == (each in GUARDING)
        assert all(each.description and each.keep and each.place and each.breaks and each.sources for _ in "1")


def test_what_fits_is_asked_about_the_documents_that_are_written() -> None:
    by_name = {each.name: each for each in DOCUMENTS}

    assert text_of(by_name["revoke-sessions"], cutoff=CUTOFF).replace(CUTOFF, "2026-11-20T23:00:00Z") == ROLE_REVOCATION
    assert text_of(by_name["quarantine-user"]) == USER_QUARANTINE


def test_how_aws_counts() -> None:
    spaced = '{"Version": "2012-10-17",\n\t"Sid": "é"}'

    assert q.INLINE_OF_ROLE.size(spaced) == len('{"Version":"2012-10-17","Sid":"é"}')
    assert q.SCP.size(spaced) == q.RCP.size(spaced) == len(spaced)
    assert q.SCP.size(PLACEHOLDER) == len(CUTOFF)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield


@pytest.mark.parametrize("template", [each for each in DOCUMENTS if each.layer in ("inline", "trust")], ids=ids)
def test_iam_takes_them(template: Template, aws: None) -> None:
    iam = boto3.client("iam")
    (written,) = filled(template, cutoff=CUTOFF)
    iam.create_role(RoleName="web", AssumeRolePolicyDocument=ALL.replace('"Resource":"*"', '"Principal":"*"'))
    iam.create_user(UserName="ann")

    if template.layer == "trust":
        iam.update_assume_role_policy(RoleName="web", PolicyDocument=written.document)
        assert iam.get_role(RoleName="web")["Role"]["AssumeRolePolicyDocument"] == json.loads(written.document)
    elif template.applies_to == "role":
        iam.put_role_policy(RoleName="web", PolicyName=written.name, PolicyDocument=written.document)
        found = iam.get_role_policy(RoleName="web", PolicyName=written.name)
        assert found["PolicyDocument"] == json.loads(written.document)
    else:
        iam.put_user_policy(UserName="ann", PolicyName=written.name, PolicyDocument=written.document)
        found = iam.get_user_policy(UserName="ann", PolicyName=written.name)
        assert found["PolicyDocument"] == json.loads(written.document)


def test_iam_takes_the_boundary(aws: None) -> None:
    (written,) = filled(next(each for each in DOCUMENTS if each.layer == "boundary"), user=None)
    iam = boto3.client("iam")
    own = iam.create_policy(PolicyName="deny", PolicyDocument=written.document)
    iam.create_role(RoleName="web", AssumeRolePolicyDocument=ALL.replace('"Resource":"*"', '"Principal":"*"'))
    iam.put_role_permissions_boundary(RoleName="web", PermissionsBoundary=written.name)

    found = iam.get_role(RoleName="web")["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"]
    assert found == "arn:aws:iam::aws:policy/AWSDenyAll"
    assert own["Policy"]["Arn"]


@pytest.mark.parametrize(("layer", "kind"), [("scp", "SERVICE_CONTROL_POLICY")])
def test_organizations_takes_them(layer: str, kind: str, aws: None) -> None:
    organizations = boto3.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    for template in [each for each in DOCUMENTS if each.layer == layer]:
        made = organizations.create_policy(
            Content=text_of(template, cutoff=CUTOFF), Description="", Name=template.name, Type=kind
        )
        assert made["Policy"]["Content"] == text_of(template, cutoff=CUTOFF)


@pytest.mark.parametrize(
    "template",
    # parliament knows neither the layers trust and declarative, nor the keys by which credentials are bound.
    [each for each in DOCUMENTS
     if each.layer not in ("trust", "declarative policy") and each.name != "bind-instance-credentials"],
    ids=ids,
)  # fmt: skip
def test_parliament_has_nothing_to_say(template: Template) -> None:
    program = shutil.which("parliament")
    if program is None:
        pytest.skip("parliament is not installed")
    done = subprocess.run(
        [program, "--string", text_of(template, cutoff=CUTOFF, existing="")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "")


def test_templates_are_found_by_name() -> None:
    assert all(named(each.name) is each for each in DOCUMENTS)
    with pytest.raises(KeyError):
        named("no-such-template")
