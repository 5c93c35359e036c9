"""Guards of credentials, credentials that are no access keys, and what principals make use of."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import msgspec
import pytest
from moto import mock_aws

from scanner.collect import credentials
from scanner.collect.desk import Desk
from scanner.collect.tasks import Tasks, threads
from scanner.inventory import (
    Gap,
    LastAccessed,
    OidcDetail,
    OidcProvider,
    PasswordPolicy,
    Role,
    RoleSettings,
    SamlProvider,
    ServerCertificate,
    ServiceAccess,
    ServiceCredential,
    User,
    VirtualMfaDevice,
    known,
)
from tests.collect.answers_identity import ANSWERS, CLUSTER, GITHUB, SERVICES, job_of
from tests.collect.asking import asking
from tests.collect.faulty import ACCOUNT_ID, MADE, iam_arn
from tests.collect.stand_in import DENIED, Asked, Refusal, StandIn

LATER = datetime(2027, 5, 6, tzinfo=UTC)
GENERATE, GET = "iam:GenerateServiceLastAccessedDetails", "iam:GetServiceLastAccessedDetails"

# Collector, action, the list in the answer.
LISTS: list[tuple[Callable[[Desk], Any], str, str]] = [
    (credentials.read_role_settings, "iam:ListRoles", "Roles"),
    (credentials.read_virtual_mfa_devices, "iam:ListVirtualMFADevices", "VirtualMFADevices"),
    (credentials.read_server_certificates, "iam:ListServerCertificates", "ServerCertificateMetadataList"),
    (credentials.read_service_credentials, "iam:ListServiceSpecificCredentials", "ServiceSpecificCredentials"),
]
ALL: list[tuple[Callable[[Desk], Any], str]] = [
    *((read, api) for read, api, _ in LISTS),
    (credentials.read_password_policy, "iam:GetAccountPasswordPolicy"),
    (credentials.read_saml_providers, "iam:ListSAMLProviders"),
    (credentials.read_oidc_providers, "iam:ListOpenIDConnectProviders"),
]


@pytest.fixture(autouse=True)
def _answers(aws: StandIn) -> None:
    aws.reset(ANSWERS)


def ask(session: Any, read: Callable[[Desk], Any], **options: Any) -> tuple[Any, dict[str, tuple[str, int]]]:
    """What a collector finds, and the status and number of calls of each action."""
    with asking(session, **options) as desk:
        found = read(desk)
        return found, {row.api: (row.status, row.calls) for row in desk.ledger.rows(ACCOUNT_ID)}


EXPECTED: list[tuple[Callable[[Desk], Any], Any, dict[str, int]]] = [
    (
        credentials.read_role_settings,
        (RoleSettings(iam_arn("role/open"), 43200), RoleSettings(iam_arn("role/service/app"))),
        {"iam:ListRoles": 1},
    ),
    (
        credentials.read_password_policy,
        PasswordPolicy(
            minimum_length=14,
            reuse_prevention=24,
            max_age=90,
            requires_symbols=True,
            requires_numbers=True,
            requires_uppercase=True,
            requires_lowercase=True,
            users_may_change=True,
            hard_expiry=True,
        ),
        {"iam:GetAccountPasswordPolicy": 1},
    ),
    (
        credentials.read_virtual_mfa_devices,
        (
            VirtualMfaDevice(iam_arn("mfa/orphan")),
            VirtualMfaDevice(iam_arn("mfa/root-account-mfa-device"), iam_arn("root"), MADE),
        ),
        {"iam:ListVirtualMFADevices": 1},
    ),
    (
        credentials.read_server_certificates,
        (
            ServerCertificate("old", iam_arn("server-certificate/old")),
            ServerCertificate("shop", iam_arn("server-certificate/shop"), LATER),
        ),
        {"iam:ListServerCertificates": 1},
    ),
    (
        credentials.read_service_credentials,
        (
            ServiceCredential("ACCAEXAMPLE111111111", "ci", "codecommit.amazonaws.com", "Inactive", MADE),
            ServiceCredential(
                "ACCAEXAMPLE222222222", "BedrockAPIKey-x1", "bedrock.amazonaws.com", "Active", MADE, LATER
            ),
        ),
        {"iam:ListServiceSpecificCredentials": 1},
    ),
    (
        credentials.read_saml_providers,
        (SamlProvider(iam_arn("saml-provider/old")), SamlProvider(iam_arn("saml-provider/people"), MADE, LATER)),
        {"iam:ListSAMLProviders": 1},
    ),
    (
        credentials.read_oidc_providers,
        (
            OidcProvider(CLUSTER, OidcDetail("oidc.eks.eu-west-1.amazonaws.com/id/ABC")),
            OidcProvider(
                GITHUB,
                OidcDetail(
                    "token.actions.githubusercontent.com",
                    ("another", "sts.amazonaws.com"),
                    ("a" * 40, "f" * 40),
                    MADE,
                ),
            ),
        ),
        {"iam:ListOpenIDConnectProviders": 1, "iam:GetOpenIDConnectProvider": 2},
    ),
]


@pytest.mark.parametrize(("read", "expected", "calls"), EXPECTED, ids=lambda value: getattr(value, "__name__", ""))
def test_everything_that_is_kept(
    session: Any, aws: StandIn, read: Callable[[Desk], Any], expected: Any, calls: dict[str, int]
) -> None:
    found, rows = ask(session, read)

    assert found == expected
    assert b"not-to-be-kept" not in msgspec.json.encode(found)
    assert rows == {api: ("ok", number) for api, number in calls.items()}
    assert {api: number for (api, _), number in aws.requests.items()} == calls


def test_pages_are_as_large_as_they_may_be(session: Any, aws: StandIn) -> None:
    for read, _, _ in LISTS:
        ask(session, read)

    assert {asked.api: asked.parameters for asked in aws.asked} == {
        "iam:ListRoles": {"MaxItems": 1000},
        "iam:ListVirtualMFADevices": {"MaxItems": 1000, "AssignmentStatus": "Assigned"},
        "iam:ListServerCertificates": {"MaxItems": 1000},
        "iam:ListServiceSpecificCredentials": {"MaxItems": 1000, "AllUsers": True},
    }


def in_pages(api: str, name: str) -> Callable[[Asked], dict[str, Any]]:
    """The usual answer with an empty page in front of it, and one item on each page after that."""

    def answer(asked: Asked) -> dict[str, Any]:
        pages = [[], *([item] for item in ANSWERS[api][name])]
        number = int(asked.parameters.get("Marker", 0))
        is_last = number + 1 == len(pages)
        return {name: pages[number], "IsTruncated": not is_last} | ({} if is_last else {"Marker": str(number + 1)})

    return answer


@pytest.mark.parametrize(("read", "api", "name"), LISTS, ids=lambda value: getattr(value, "__name__", str(value)))
def test_pages(session: Any, aws: StandIn, read: Callable[[Desk], Any], api: str, name: str) -> None:
    whole, _ = ask(session, read)
    aws.answer(api, in_pages(api, name))

    assert ask(session, read) == (whole, {api: ("ok", 3)})


@pytest.mark.parametrize(("read", "api", "name"), LISTS, ids=lambda value: getattr(value, "__name__", str(value)))
def test_a_page_that_is_missing(session: Any, aws: StandIn, read: Callable[[Desk], Any], api: str, name: str) -> None:
    pages = in_pages(api, name)
    aws.answer(api, lambda asked: DENIED if asked.parameters.get("Marker") == "2" else pages(asked))

    found, rows = ask(session, read)

    assert isinstance(found, Gap)
    assert rows == {api: ("denied", 3)}


@pytest.mark.parametrize(("read", "api", "name"), LISTS, ids=lambda value: getattr(value, "__name__", str(value)))
def test_a_list_that_goes_on_without_a_token(
    session: Any, aws: StandIn, read: Callable[[Desk], Any], api: str, name: str
) -> None:
    aws.answer(api, {name: ANSWERS[api][name], "IsTruncated": True})

    found, rows = ask(session, read)

    assert isinstance(found, Gap)
    assert rows == {api: ("error", 1)}


@pytest.mark.parametrize(("read", "api"), ALL, ids=lambda value: getattr(value, "__name__", str(value)))
def test_gaps(session: Any, aws: StandIn, read: Callable[[Desk], Any], api: str) -> None:
    skipped, _ = ask(session, read, unwanted=[api])
    assert isinstance(skipped, Gap)
    assert (skipped.api, skipped.status) == (api, "skipped")
    assert aws.asked == []

    aws.answer(api, DENIED)
    denied, rows = ask(session, read)
    assert isinstance(denied, Gap)
    assert (denied.api, denied.region, denied.status) == (api, "global", "denied")
    assert rows == {api: ("denied", 1)}


@pytest.mark.parametrize(
    ("read", "api", "answer"),
    [
        (credentials.read_role_settings, "iam:ListRoles", {"Roles": [{"RoleName": "nameless"}]}),
        (credentials.read_role_settings, "iam:ListRoles", {"Roles": [{"Arn": "a", "MaxSessionDuration": "long"}]}),
        (credentials.read_password_policy, "iam:GetAccountPasswordPolicy", {}),
        (credentials.read_virtual_mfa_devices, "iam:ListVirtualMFADevices", {"VirtualMFADevices": [{}]}),
        (
            credentials.read_server_certificates,
            "iam:ListServerCertificates",
            {"ServerCertificateMetadataList": [{"ServerCertificateName": "a", "Arn": "b", "Expiration": "tomorrow"}]},
        ),
        (
            credentials.read_service_credentials,
            "iam:ListServiceSpecificCredentials",
            {"ServiceSpecificCredentials": [{"UserName": "ci"}]},
        ),
        (credentials.read_saml_providers, "iam:ListSAMLProviders", {"SAMLProviderList": [{}]}),
        (credentials.read_oidc_providers, "iam:ListOpenIDConnectProviders", {"OpenIDConnectProviderList": [{}]}),
    ],
)
def test_malformed_answers(session: Any, aws: StandIn, read: Callable[[Desk], Any], api: str, answer: Any) -> None:
    aws.answer(api, answer)

    found, rows = ask(session, read)

    assert isinstance(found, Gap)
    assert rows == {api: ("error", 1)}


def test_no_password_policy_was_set(session: Any, aws: StandIn) -> None:
    aws.answer("iam:GetAccountPasswordPolicy", Refusal("NoSuchEntity", 404))

    assert ask(session, credentials.read_password_policy) == (None, {"iam:GetAccountPasswordPolicy": ("ok", 1)})


def test_a_password_policy_that_demands_little(session: Any, aws: StandIn) -> None:
    aws.answer("iam:GetAccountPasswordPolicy", {"PasswordPolicy": {"MinimumPasswordLength": 8}})

    assert ask(session, credentials.read_password_policy)[0] == PasswordPolicy(minimum_length=8)


def test_an_age_means_nothing_where_passwords_do_not_expire(session: Any, aws: StandIn) -> None:
    aws.answer("iam:GetAccountPasswordPolicy", {"PasswordPolicy": {"ExpirePasswords": False, "MaxPasswordAge": 0}})

    assert ask(session, credentials.read_password_policy)[0] == PasswordPolicy()


@pytest.mark.parametrize(
    ("read", "api", "name"),
    [
        (credentials.read_service_credentials, "iam:ListServiceSpecificCredentials", "ServiceSpecificCredentials"),
        (credentials.read_saml_providers, "iam:ListSAMLProviders", "SAMLProviderList"),
        (credentials.read_oidc_providers, "iam:ListOpenIDConnectProviders", "OpenIDConnectProviderList"),
    ],
)
def test_an_empty_list_is_not_a_missing_one(
    session: Any, aws: StandIn, read: Callable[[Desk], Any], api: str, name: str
) -> None:
    aws.answer(api, {name: []})
    assert ask(session, read) == ((), {api: ("ok", 1)})

    aws.answer(api, {})
    found, coverage = ask(session, read)
    assert isinstance(found, Gap)
    assert coverage == {api: ("error", 1)}


def test_one_oidc_provider_is_denied(session: Any, aws: StandIn) -> None:
    aws.answer(
        "iam:GetOpenIDConnectProvider",
        lambda asked: (
            DENIED
            if asked.parameters["OpenIDConnectProviderArn"] == GITHUB
            else {"Url": "https://issuer.example.com/a"}
        ),
    )

    (cluster, github), rows = ask(session, credentials.read_oidc_providers)

    assert cluster.detail == OidcDetail("issuer.example.com/a")
    assert isinstance(github.detail, Gap)
    assert rows["iam:GetOpenIDConnectProvider"] == ("denied", 2)


USERS = (User("ci", iam_arn("user/ci")), User("ann", iam_arn("user/ann")))
LINKED = "role/aws-service-role/support.amazonaws.com/AWSServiceRoleForSupport"
ROLES = (
    Role("app", iam_arn("role/service/app"), msgspec.Raw(b"{}"), path="/service/"),
    Role("linked", iam_arn(LINKED), msgspec.Raw(b"{}"), path="/aws-service-role/support.amazonaws.com/"),
)
ACCESSES = (ServiceAccess("ec2"), ServiceAccess("s3", MADE, "eu-west-1"))


def last_accessed(session: Any, pauses: list[float] | None = None, **options: Any) -> Any:
    pause = (pauses if pauses is not None else []).append
    return ask(session, lambda desk: credentials.read_last_accessed(desk, USERS, ROLES, pause), **options)


def test_last_accessed_services(session: Any, aws: StandIn) -> None:
    pauses: list[float] = []

    found, rows = last_accessed(session, pauses)

    arns = sorted([iam_arn("role/service/app"), iam_arn("user/ann"), iam_arn("user/ci")])
    assert found == tuple(LastAccessed(arn, ACCESSES) for arn in arns)
    assert rows == {GENERATE: ("ok", 3), GET: ("ok", 3)}
    assert len(pauses) == 3
    assert sorted(asked.parameters["Arn"] for asked in aws.asked if asked.api == GENERATE) == arns
    about_app = [asked.parameters for asked in aws.asked if asked.api == GET and "app" in asked.parameters["JobId"]]
    assert about_app == [{"JobId": "app".rjust(36, "-"), "MaxItems": 1000}]


def test_jobs_that_take_their_time(session: Any, aws: StandIn) -> None:
    usual = ANSWERS[GET]
    aws.answer(GET, lambda asked: usual if asked.number >= 6 else {"JobStatus": "IN_PROGRESS"})
    pauses: list[float] = []

    found, rows = last_accessed(session, pauses)

    assert [access.services for access in found] == [ACCESSES] * 3
    assert rows[GET] == ("ok", 9)
    assert len(pauses) == 9


def test_a_job_that_never_ends(session: Any, aws: StandIn) -> None:
    usual = ANSWERS[GET]
    aws.answer(GET, lambda asked: {"JobStatus": "IN_PROGRESS"} if "ann" in asked.parameters["JobId"] else usual)
    pauses: list[float] = []

    (role, ann, ci), rows = last_accessed(session, pauses)

    assert (role.services, ci.services) == (ACCESSES, ACCESSES)
    assert isinstance(ann.services, Gap)
    assert (ann.services.api, ann.services.status) == (GET, "error")
    assert "did not end" in ann.services.reason
    assert rows[GET][0] == "error"
    assert 30 < sum(pauses) < 120


def test_a_job_of_a_strange_status_is_not_waited_for(session: Any, aws: StandIn) -> None:
    aws.answer(GET, {**ANSWERS[GET], "JobStatus": "PAUSED"})
    pauses: list[float] = []

    found, rows = last_accessed(session, pauses)

    assert all(isinstance(access.services, Gap) and access.services.status == "error" for access in found)
    assert rows[GET] == ("error", 3)
    assert len(pauses) == 3


def test_where_no_job_ends_not_everybody_is_waited_for(session: Any, aws: StandIn) -> None:
    aws.answer(GET, {"JobStatus": "IN_PROGRESS"})
    users = tuple(User(name=f"u{number:02}", arn=iam_arn(f"user/u{number:02}")) for number in range(40))
    pauses: list[float] = []

    with asking(session) as desk:
        found = known(credentials.read_last_accessed(desk, users, (), pauses.append))

    assert len(found) == 40
    assert all(isinstance(access.services, Gap) and access.services.status == "error" for access in found)
    assert aws.requests[GENERATE, "aws-global"] < 15


def test_a_job_that_fails(session: Any, aws: StandIn) -> None:
    usual = ANSWERS[GET]
    failed = {"JobStatus": "FAILED", "Error": {"Code": "ServiceFailure", "Message": "not-to-be-kept"}}
    aws.answer(GET, lambda asked: failed if "app" in asked.parameters["JobId"] else usual)

    (role, ann, _), rows = last_accessed(session)

    assert isinstance(role.services, Gap)
    assert (role.services.status, role.services.reason) == ("error", "the job failed: ServiceFailure")
    assert ann.services == ACCESSES
    assert rows == {GENERATE: ("ok", 3), GET: ("error", 3)}


def test_a_job_that_is_denied(session: Any, aws: StandIn) -> None:
    aws.answer(GENERATE, DENIED)

    found, rows = last_accessed(session)

    assert {access.services.api for access in found} == {GENERATE}
    assert {access.services.status for access in found} == {"denied"}
    assert rows == {GENERATE: ("denied", 3)}


def test_pages_of_services(session: Any, aws: StandIn) -> None:
    def answer(asked: Asked) -> dict[str, Any]:
        number = int(asked.parameters.get("Marker", 0))
        more = {"IsTruncated": True, "Marker": str(number + 1)} if number == 0 else {"IsTruncated": False}
        return {"JobStatus": "COMPLETED", "ServicesLastAccessed": [SERVICES[number]], **more}

    aws.answer(GET, answer)

    found, rows = last_accessed(session)

    assert [access.services for access in found] == [ACCESSES] * 3
    assert rows[GET] == ("ok", 6)


def test_services_that_go_on_without_a_token(session: Any, aws: StandIn) -> None:
    aws.answer(GET, {"JobStatus": "COMPLETED", "ServicesLastAccessed": SERVICES, "IsTruncated": True})

    found, _ = last_accessed(session)

    assert all(isinstance(access.services, Gap) for access in found)


def test_few_jobs_at_a_time(session: Any, aws: StandIn) -> None:
    under_way: set[str] = set()
    most = 0

    def begin(asked: Asked) -> dict[str, str]:
        nonlocal most
        job = job_of(asked)
        under_way.add(job["JobId"])
        most = max(most, len(under_way))
        return job

    def end(asked: Asked) -> dict[str, Any]:
        under_way.discard(asked.parameters["JobId"])
        return {"JobStatus": "COMPLETED", "ServicesLastAccessed": []}

    aws.answer(GENERATE, begin)
    aws.answer(GET, end)
    users = tuple(User(f"u{number}", iam_arn(f"user/u{number}")) for number in range(40))

    with asking(session) as few, threads(16) as pool:
        desk = replace(few, tasks=Tasks(pool, lambda _done, _total: None))
        found = known(credentials.read_last_accessed(desk, users, (), lambda _: time.sleep(0.002)))

    assert [access.arn for access in found] == sorted(user.arn for user in users)
    assert 1 < most <= 5


@pytest.mark.parametrize("unwanted", [GENERATE, GET])
def test_no_job_is_begun_in_vain(session: Any, aws: StandIn, unwanted: str) -> None:
    found, _ = last_accessed(session, unwanted=[unwanted])

    assert isinstance(found, Gap)
    assert (found.api, found.status) == (GET, "skipped")
    assert aws.asked == []


@pytest.mark.parametrize("unknown", ["users", "roles"])
def test_principals_that_are_not_known(session: Any, aws: StandIn, unknown: str) -> None:
    gap = Gap("iam:GetAccountAuthorizationDetails", "denied")
    principals: dict[str, Any] = {"users": USERS, "roles": ROLES, unknown: gap}

    found, _ = ask(session, lambda desk: credentials.read_last_accessed(desk, **principals, pause=lambda _: None))

    assert found is gap
    assert aws.asked == []


@mock_aws
def test_credentials_in_moto() -> None:
    session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "not-a-secret", region_name="us-east-1")
    iam = session.client("iam")
    iam.create_role(RoleName="app", AssumeRolePolicyDocument='{"Statement":[]}', MaxSessionDuration=7200)
    iam.create_user(UserName="ci")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]["SerialNumber"]
    iam.create_virtual_mfa_device(VirtualMFADeviceName="nobody")
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "234567"}
    iam.enable_mfa_device(UserName="ci", SerialNumber=device, **codes)
    iam.upload_server_certificate(ServerCertificateName="shop", CertificateBody="x", PrivateKey="not-to-be-kept")
    iam.create_saml_provider(SAMLMetadataDocument="not-to-be-kept" * 99, Name="people")
    iam.create_open_id_connect_provider(
        Url="https://token.example.com/abc", ClientIDList=["sts"], ThumbprintList=["a" * 40]
    )

    with asking(session) as desk:
        assert credentials.read_password_policy(desk) is None
        iam.update_account_password_policy(MinimumPasswordLength=12, RequireSymbols=True)
        assert credentials.read_password_policy(desk) == PasswordPolicy(minimum_length=12, requires_symbols=True)
        (role,) = known(credentials.read_role_settings(desk))
        (phone,) = known(credentials.read_virtual_mfa_devices(desk))
        (certificate,) = known(credentials.read_server_certificates(desk))
        (saml,) = known(credentials.read_saml_providers(desk))
        (oidc,) = known(credentials.read_oidc_providers(desk))

    assert (role.arn.rpartition("/")[2], role.max_session) == ("app", 7200)
    assert (phone.serial, phone.user) == (device, "arn:aws:iam::123456789012:user/ci")
    assert (certificate.name, certificate.expires is None) == ("shop", False)
    assert (saml.arn.rpartition("/")[2], saml.valid_until is None) == ("people", False)
    detail = known(oidc.detail)
    assert (detail.url, detail.client_ids, detail.thumbprints) == ("token.example.com/abc", ("sts",), ("a" * 40,))
