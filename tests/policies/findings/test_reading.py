"""Every form of one finding says the same; what cannot be read is refused in words."""

from __future__ import annotations

import gzip
import json
import time
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from policies.findings import MOST_BYTES, FoundFinding, read_findings
from policies.subjects import Subject
from scanner.errors import UsageError
from tests.policies.findings.samples import (
    ACCOUNT,
    ADMINISTRATOR,
    ALL,
    INSTANCE,
    OUTSIDE,
    ROLE_ID,
    SESSION_KEY,
    USER_KEY,
    asff,
    event,
    finding,
    health,
    key_details,
    network_finding,
    ocsf,
    of_key,
    pascal,
    sequence_finding,
    user_details,
)


def read(*documents: Any) -> tuple[FoundFinding, ...]:
    return read_findings(json.dumps(documents[0] if len(documents) == 1 else documents).encode())


def one(document: Any) -> FoundFinding:
    (found,) = read(document)
    return found


def lines(*documents: Any) -> bytes:
    return "\n".join(json.dumps(each) for each in documents).encode() + b"\n"


FORMS = {
    "bare": json.dumps(finding()).encode(),
    "indented": json.dumps(finding(), indent=2).encode(),
    "event": json.dumps(event(finding())).encode(),
    "event of the API's case": json.dumps(event(pascal(finding()))).encode(),
    "get-findings": json.dumps({"Findings": [pascal(finding())]}).encode(),
    "pages of get-findings": json.dumps([{"Findings": [pascal(finding())]}]).encode(),
    "list": json.dumps([finding()]).encode(),
    "export": lines(finding()),
    "packed export": gzip.compress(lines(finding())),
    "packed in parts": gzip.compress(json.dumps(finding())[:100].encode())
    + gzip.compress(json.dumps(finding())[100:].encode()),
    "with a byte order mark": b"\xef\xbb\xbf" + json.dumps(finding()).encode(),
    "redirected by PowerShell": json.dumps(finding()).encode("utf-16"),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_a_guardduty_finding_say_the_same(form: str) -> None:
    assert read_findings(FORMS[form]) == (
        FoundFinding(
            source_format="GuardDuty",
            id="f0f0f0f0a1a1b2b2c3c3d4d4e5e5f6f6",
            type=OUTSIDE,
            account_id=ACCOUNT,
            region="us-east-1",
            arn=f"arn:aws:guardduty:us-east-1:{ACCOUNT}:detector/12abc34d/finding/f0f0f0f0a1a1b2b2c3c3d4d4e5e5f6f6",
            title="Credentials of an instance were used from outside.",
            severity=8,
            level="high",
            count=3,
            first_seen=datetime(2026, 11, 20, 22, 1, 2, tzinfo=UTC),
            last_seen=datetime(2026, 11, 20, 22, 41, 2, 125000, tzinfo=UTC),
            updated_at=datetime(2026, 11, 20, 22, 45, 0, 250000, tzinfo=UTC),
            instance_profiles=(f"arn:aws:iam::{ACCOUNT}:instance-profile/web",),
            subjects=(
                Subject(
                    kind="role",
                    account_id=ACCOUNT,
                    name="web-tier",
                    unique_id=ROLE_ID,
                    session=INSTANCE,
                    access_key=SESSION_KEY,
                    instance=INSTANCE,
                    region="eu-west-1",
                    told_by="GuardDuty finding f0f0f0f0a1a1b2b2c3c3d4d4e5e5f6f6",
                ),
            ),
        ),
    )


@pytest.mark.parametrize(
    "document",
    [
        asff(),
        event(
            {"findings": [asff()]}, **{"source": "aws.securityhub", "detail-type": "Security Hub Findings - Imported"}
        ),
        {"Findings": [asff()]},
        ocsf(),
        event({"findings": [ocsf()]}, **{"source": "aws.securityhub", "detail-type": "Findings Imported V2"}),
    ],
    ids=["asff", "asff event", "asff list", "ocsf", "ocsf event"],
)
def test_security_hub_says_the_same_of_the_credential(document: Any) -> None:
    found = one(document)

    (subject,) = found.subjects
    assert msgspec.structs.replace(subject, told_by="") == Subject(
        kind="role",
        account_id=ACCOUNT,
        name="web-tier",
        unique_id=ROLE_ID,
        session=INSTANCE,
        access_key=SESSION_KEY,
        instance=INSTANCE,
        region="eu-west-1",
    )
    assert (found.type, found.level, found.account_id) == (OUTSIDE, "high", ACCOUNT)
    assert found.first_seen == datetime(2026, 11, 20, 22, 1, 2, tzinfo=UTC)
    assert found.updated_at == datetime(2026, 11, 20, 22, 45, 0, 250000, tzinfo=UTC)
    assert not found.is_sample
    assert not found.is_archived
    assert not found.notes


def test_several_lines_are_several_findings() -> None:
    found = read_findings(lines(finding(), event(of_key(user_details())), asff()))

    assert [each.source_format for each in found] == ["GuardDuty", "GuardDuty", "Security Hub ASFF"]


def test_the_account_of_the_event_is_never_taken() -> None:
    lacking = finding()
    del lacking["accountId"]

    found = one(event(lacking))

    assert found.account_id is None
    assert ADMINISTRATOR not in repr(found)
    assert any("account" in note for note in found.notes)


@pytest.mark.parametrize(
    "info",
    [
        {"sample": True},
        {"sample": "true"},
        {"type": "default", "value": '{"sample":true}'},
        {"Type": "default", "Value": '{"Sample": true, "threatListName": "x"}'},
        '{"sample":true}',
    ],
)
def test_samples_are_told_in_every_form(info: Any) -> None:
    assert one(finding(service={"additionalInfo": info})).is_sample
    told = info if isinstance(info, str) else json.dumps(info)
    assert one(asff(ProductFields={"additionalInfo": told})).is_sample


def test_samples_have_generated_ids() -> None:
    details = key_details(
        accessKeyId="GeneratedFindingAccessKeyId",
        principalId="GeneratedFindingPrincipalId",
        userName="GeneratedFindingUserName",
    )

    assert one(of_key(details)).is_sample


@pytest.mark.parametrize(
    "details",
    [
        key_details(userName="GeneratedFindingUserName"),
        key_details(principalId=f"{ROLE_ID}:GeneratedFindingSession"),
        user_details(userName="GeneratedFindingUserName"),
    ],
)
def test_nobody_hides_behind_a_name_like_those_of_samples(details: Any) -> None:
    found = one(of_key(details, title="GeneratedFinding"))

    assert not found.is_sample
    assert len(found.subjects) == 1


def test_archived() -> None:
    assert one(finding(service={"archived": True})).is_archived
    assert one(finding(service={"archived": "true"})).is_archived
    assert one(asff(RecordState="ARCHIVED")).is_archived
    assert one(asff(ProductFields={"archived": "true"})).is_archived
    assert one(ocsf(activity_id=3, activity_name="Close")).is_archived


def test_a_finding_without_a_credential_says_why_it_has_no_subject() -> None:
    found = one(network_finding())

    assert found.subjects == ()
    assert INSTANCE in found.notes[0]
    assert "no access key" in found.notes[0]


def test_read_metadata_leave_the_instance_in_doubt() -> None:
    rebinding = network_finding() | {"type": "UnauthorizedAccess:EC2/MetadataDNSRebind"}

    (subject,) = one(rebinding).subjects

    assert (subject.kind, subject.instance, subject.region) == ("unknown", INSTANCE, "eu-west-1")


def test_another_class_of_ocsf_is_no_theft() -> None:
    found = one(ocsf(class_uid=2003))

    assert found.subjects == ()
    assert "2003" in found.notes[0]


def test_sequences_have_a_subject_for_each_credential() -> None:
    found = one(event(sequence_finding()))

    assert [(each.kind, each.name, each.access_key) for each in found.subjects] == [
        ("role", "web-tier", SESSION_KEY),
        ("user", "deployer", USER_KEY),
        ("user", "second", "AKIAEXAMPLEOTHERKEY1"),
    ]
    first = found.subjects[0]
    assert (first.session, first.instance, first.region, first.account_id) == (INSTANCE, INSTANCE, "eu-west-1", ACCOUNT)
    assert first.arn == f"arn:aws:iam::{ACCOUNT}:role/service/web-tier"
    assert found.signals == ("finding-1",)
    assert found.level == "critical"
    assert any("process" in note for note in found.notes)


def test_a_sequence_of_security_hub() -> None:
    sequence = pascal(sequence_finding()["service"]["detection"]["sequence"])
    sequence["Signals"] = [{"Type": "TTPs", "Id": "finding-1", "Title": "x"}]

    found = one(asff(Resources=[], Detection={"Sequence": sequence}))

    assert [each.name for each in found.subjects] == ["web-tier", "deployer", "second"]
    assert found.signals == ("finding-1",)


def test_a_sequence_without_actors_suspects_the_roles_of_its_instances() -> None:
    found = one(
        sequence_finding(actors=[], resources=sequence_finding()["service"]["detection"]["sequence"]["resources"][2:])
    )

    (subject,) = found.subjects
    assert (subject.kind, subject.instance, subject.region) == ("unknown", INSTANCE, "eu-west-1")


def test_single_findings_name_the_sequence_that_they_are_of() -> None:
    arn = f"arn:aws:guardduty:us-east-1:{ACCOUNT}:detector/12abc34d/finding/1"

    assert one(finding(associatedAttackSequenceArn=arn)).attack_sequence == arn


def test_a_caller_inside_aws() -> None:
    call = {"awsApiCallAction": {"remoteAccountDetails": {"accountId": "999988887777", "affiliated": False}}}

    found = one(finding(service={"action": call}))

    assert (found.remote_account, found.remote_is_affiliated) == ("999988887777", False)
    assert found.subjects[0].account_id == ACCOUNT


@pytest.mark.parametrize(
    ("entity", "expected"),
    [
        (USER_KEY, Subject(kind="unknown", account_id=ACCOUNT, access_key=USER_KEY)),
        ("deployer", Subject(kind="user", account_id=ACCOUNT, name="deployer")),
        (
            f"arn:aws:iam::{ACCOUNT}:user/ci/deployer",
            Subject(kind="user", account_id=ACCOUNT, name="deployer", arn=f"arn:aws:iam::{ACCOUNT}:user/ci/deployer"),
        ),
        (ACCOUNT, Subject(kind="root", account_id=ACCOUNT)),
    ],
)
def test_exposed_credentials_of_aws_health(entity: str, expected: Subject) -> None:
    found = one(health(entity))

    assert [msgspec.structs.replace(each, told_by="") for each in found.subjects] == [expected]
    assert (found.source_format, found.type) == ("AWS Health", "AWS_RISK_CREDENTIALS_EXPOSED")
    assert found.first_seen == datetime(2026, 1, 15, 10, 15, tzinfo=UTC)


def test_other_health_events_are_no_findings_on_credentials() -> None:
    found = one(health(USER_KEY, eventTypeCode="AWS_EC2_OPERATIONAL_ISSUE"))

    assert found.subjects == ()
    assert "not about a credential" in found.notes[0]


def test_suspected_exposures_are_taken_as_well() -> None:
    found = one(health(USER_KEY, eventTypeCode="AWS_RISK_CREDENTIALS_EXPOSURE_SUSPECTED"))

    assert [each.access_key for each in found.subjects] == [USER_KEY]


def test_an_event_of_somebody_else_says_so() -> None:
    found = one(event(finding(), source="custom.simulation"))

    assert any("custom.simulation" in note for note in found.notes)


NOT_FINDINGS: dict[str, bytes] = {
    "nothing": b"",
    "white space": b" \n ",
    "an empty list": b"[]",
    "an empty object": b"{}",
    "no findings": b'{"Findings": []}',
    "a text": b'"finding"',
    "a number": b"12",
    "null": b"null",
    "lists in lists": b"[[[[[[[{}]]]]]]]",
    "HTML": b"<!DOCTYPE html><html><body>Sign in</body></html>",
    "YAML": b"type: Recon:IAMUser/TorIPCaller\n",
    "cut short": json.dumps(finding()).encode()[:200],
    "NaN": json.dumps(finding(severity=float("nan"))).encode(),
    "a bad line": lines(finding()) + b"{]\n",
    "too deep": b"[" * 200_000,
    "too deep objects": b'{"detail":' * 100_000 + b"1" + b"}" * 100_000,
    "Latin-1": '{"type": "é"}'.encode("latin-1"),
    "a huge number": b'{"severity": ' + b"9" * 5000 + b"}",
    "damaged gzip": gzip.compress(b"{}")[:-9],
    "no gzip": b"\x1f\x8b" + b"x" * 50,
    "another event": json.dumps(
        event({"eventName": "ListBuckets"}, **{"source": "aws.s3", "detail-type": "AWS API Call via CloudTrail"})
    ).encode(),
    "another object": b'{"Users": []}',
    "a member twice": json.dumps(finding()).replace('"accountId"', '"AccountId": "444455556666", "accountId"').encode(),
    "too large": b" " * (MOST_BYTES + 1),
    "too large when unpacked": gzip.compress(b" " * (MOST_BYTES + 1)),
}


@pytest.mark.parametrize("what", NOT_FINDINGS)
def test_what_is_no_finding_is_refused_with_a_remedy(what: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_findings(NOT_FINDINGS[what])

    assert refused.value.hint
    assert len(refused.value.message) < 400


def test_the_place_of_a_fault_is_named() -> None:
    with pytest.raises(UsageError, match="Line 2 "):
        read_findings(lines(finding()) + b"{]\n")
    with pytest.raises(UsageError, match="Item 2 of the file"):
        read(finding(), {"x": 1})


def test_a_large_file_is_read_in_seconds() -> None:
    content = lines(*[finding()] * 7000)
    assert len(content) > 9 << 20

    begun = time.perf_counter()
    found = read_findings(content)

    assert len(found) == 7000
    assert time.perf_counter() - begun < 30


def test_hostile_names_are_kept_as_text() -> None:
    name = "../../$(touch pwned); `id` \x1b[2J\u202e'\""
    (subject,) = one(of_key(key_details(userName=name))).subjects

    assert subject.name == name


def test_half_a_surrogate_pair_becomes_a_character_that_can_be_written() -> None:
    found = read_findings(json.dumps(of_key(key_details(userName="a\ud800b"))).encode())

    assert found[0].subjects[0].name == "a\ufffdb"
    msgspec.json.encode(found)


@pytest.mark.parametrize("document", ALL)
def test_samples_of_the_tests_are_read(document: Any) -> None:
    assert all(each.account_id == ACCOUNT for each in read(document))
