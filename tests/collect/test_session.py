"""Sessions with AWS: how they are opened, and what is said where that fails. No network, and no home but the test's."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from scanner.collect.clients import Clients
from scanner.collect.session import Access, Caller, client_config, identify, open_session
from scanner.errors import CollectError, GuardriftError, UsageError
from tests.collect.stand_in import Asked, Refusal, StandIn, stand_behind_new_sessions

ROLE = "arn:aws:iam::222222222222:role/Scanner"
DEVICE = "arn:aws:iam::123456789012:mfa/ann"
CREDENTIALS = {
    "AccessKeyId": "ASIAIOSFODNN7EXAMPLE",
    "SecretAccessKey": "not-a-secret",
    "SessionToken": "not-a-token",
    "Expiration": "2099-01-01T00:00:00Z",
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without credentials, and no environment that steers the SDK."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    (tmp_path / "config").write_text("[profile empty]\nregion = eu-west-3\n")
    (tmp_path / "credentials").write_text("")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return tmp_path


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")


@pytest.fixture
def sts(monkeypatch: pytest.MonkeyPatch, keys: None) -> StandIn:
    """STS for every session that is made from now on."""
    found = StandIn({})
    stand_behind_new_sessions(found, monkeypatch)
    return found


@pytest.fixture
def moto(keys: None) -> Iterator[None]:
    with mock_aws(config={"core": {"mock_credentials": False}}):
        yield


def whoami(access: Access) -> Caller:
    session = open_session(access)
    return identify(Clients(session, client_config(1, "guardrift-test")), session.region_name)


def failure(access: Access) -> GuardriftError:
    with pytest.raises(GuardriftError) as caught:
        whoami(access)
    assert caught.value.hint
    assert "not-a-secret" not in str(caught.value)
    return caught.value


def test_keys_of_the_environment(moto: None) -> None:
    caller = whoami(Access())

    assert (caller.account_id, caller.partition) == ("123456789012", "aws")


def test_a_role_of_another_account(moto: None) -> None:
    caller = whoami(Access(role_arn=ROLE))

    assert caller.account_id == "222222222222"
    assert ":assumed-role/Scanner/guardrift" in caller.arn


def test_all_that_goes_with_a_role(sts: StandIn) -> None:
    sts.answer("sts:AssumeRole", {"Credentials": CREDENTIALS})
    prompts: list[str] = []

    def ask(prompt: str) -> str:
        prompts.append(prompt)
        return "123456"

    open_session(Access(role_arn=ROLE, external_id="b7c1", session_duration=3600, mfa_serial=DEVICE, ask_mfa_code=ask))

    (asked,) = sts.asked
    assert asked.parameters == {
        "RoleArn": ROLE,
        "RoleSessionName": "guardrift",
        "ExternalId": "b7c1",
        "DurationSeconds": 3600,
        "SerialNumber": DEVICE,
        "TokenCode": "123456",
    }
    assert len(prompts) == 1
    assert DEVICE in prompts[0]


def test_a_role_without_anything_else(sts: StandIn) -> None:
    sts.answer("sts:AssumeRole", {"Credentials": CREDENTIALS})

    session = open_session(Access(role_arn=ROLE, region="eu-north-1"))

    (asked,) = sts.asked
    assert dict(asked.parameters) == {"RoleArn": ROLE, "RoleSessionName": "guardrift"}
    assert session.get_credentials().access_key == CREDENTIALS["AccessKeyId"]
    assert session.region_name == "eu-north-1"


def test_a_role_that_must_not_be_assumed(sts: StandIn) -> None:
    sts.answer("sts:AssumeRole", Refusal("AccessDenied", 403, "ann is not authorized to perform: sts:AssumeRole"))

    fault = failure(Access(role_arn=ROLE))

    assert isinstance(fault, CollectError)
    assert ROLE in fault.message
    assert "--external-id" in fault.hint


def test_a_role_that_cannot_be_assumed_for_a_while(sts: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    sts.answer("sts:AssumeRole", Refusal("Throttling", 400, "Rate exceeded"))

    fault = failure(Access(role_arn=ROLE))

    assert isinstance(fault, CollectError)
    assert "try again later" in fault.hint
    assert "trust policy" not in fault.hint


@pytest.mark.parametrize("arn", ["Scanner", "x", ""])
def test_a_role_that_is_no_arn(sts: StandIn, arn: str) -> None:
    sts.answer("sts:AssumeRole", Refusal("ValidationError", 400, f"{arn} is invalid"))

    assert isinstance(failure(Access(role_arn=arn)), UsageError)
    assert sts.asked == []


def test_a_role_from_a_profile_beside_a_broken_environment(
    sts: StandIn, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The profile that was named counts, not the one of the environment."""
    sts.answer("sts:AssumeRole", {"Credentials": CREDENTIALS})
    sts.answer("sts:GetCallerIdentity", {"Account": "222222222222", "Arn": f"{ROLE}/x"})
    monkeypatch.setenv("AWS_PROFILE", "gone")
    (home / "credentials").write_text("[good]\naws_access_key_id = AKIA2\naws_secret_access_key = not-a-secret\n")

    caller = whoami(Access(profile="good", role_arn=ROLE))

    assert caller.account_id == "222222222222"


@pytest.mark.parametrize("extra", [{"external_id": "b7c1"}, {"session_duration": 3600}])
def test_options_that_need_a_role(keys: None, extra: dict[str, Any]) -> None:
    fault = failure(Access(**extra))

    assert isinstance(fault, UsageError)
    assert "--role-arn" in fault.message


def test_mfa_without_a_role(sts: StandIn) -> None:
    sts.answer("sts:GetSessionToken", {"Credentials": CREDENTIALS})

    session = open_session(Access(mfa_serial=DEVICE, ask_mfa_code=lambda _: "123456"))

    (asked,) = sts.asked
    assert asked.parameters == {"SerialNumber": DEVICE, "TokenCode": "123456"}
    assert session.get_credentials().token == CREDENTIALS["SessionToken"]


def test_mfa_with_a_profile_beside_a_broken_environment(
    sts: StandIn, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sts.answer("sts:GetSessionToken", {"Credentials": CREDENTIALS})
    sts.answer("sts:GetCallerIdentity", {"Account": "222222222222", "Arn": "arn:aws:iam::222222222222:user/ann"})
    monkeypatch.setenv("AWS_PROFILE", "gone")
    (home / "credentials").write_text("[good]\naws_access_key_id = AKIA2\naws_secret_access_key = not-a-secret\n")

    caller = whoami(Access(profile="good", mfa_serial=DEVICE, ask_mfa_code=lambda _: "123456"))

    assert caller.account_id == "222222222222"


@pytest.mark.parametrize("role_arn", [None, ROLE])
def test_mfa_without_a_terminal(sts: StandIn, role_arn: str | None) -> None:
    fault = failure(Access(role_arn=role_arn, mfa_serial=DEVICE))

    assert isinstance(fault, UsageError)
    assert "MFA" in fault.message
    assert sts.asked == []


@pytest.mark.parametrize("code", ["", "12345"])
def test_an_mfa_code_of_the_wrong_length(sts: StandIn, code: str) -> None:
    fault = failure(Access(mfa_serial=DEVICE, ask_mfa_code=lambda _: code))

    assert isinstance(fault, UsageError)
    assert sts.asked == []


def test_a_wrong_mfa_code(sts: StandIn) -> None:
    sts.answer("sts:GetSessionToken", Refusal("AccessDenied", 403, "MultiFactorAuthentication failed"))

    fault = failure(Access(mfa_serial=DEVICE, ask_mfa_code=lambda _: "000000"))

    assert isinstance(fault, CollectError)
    assert "MultiFactorAuthentication" in fault.message


def test_no_credentials() -> None:
    for access in (Access(), Access(profile="empty"), Access(role_arn=ROLE)):
        fault = failure(access)
        assert isinstance(fault, CollectError)
        assert "no AWS credentials" in fault.message
        assert "--profile" in fault.hint


@pytest.mark.parametrize(
    "access",
    [Access(), Access(role_arn=ROLE), Access(mfa_serial=DEVICE, ask_mfa_code=lambda _: "123456")],
    ids=["plain", "role", "mfa"],
)
def test_half_a_pair_of_keys(monkeypatch: pytest.MonkeyPatch, access: Access) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")

    fault = failure(access)

    assert isinstance(fault, CollectError)
    assert "AWS_SECRET_ACCESS_KEY" in fault.message


def test_an_unknown_profile(home: Path) -> None:
    fault = failure(Access(profile="emtpy"))

    assert isinstance(fault, UsageError)
    assert "'emtpy'" in fault.message
    assert "empty" in fault.hint


def test_an_unknown_profile_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "gone")

    fault = failure(Access())

    assert isinstance(fault, UsageError)
    assert "gone" in fault.message


def test_a_configuration_that_is_no_configuration(home: Path) -> None:
    (home / "config").write_text("[this is no configuration")

    fault = failure(Access())

    assert isinstance(fault, UsageError)
    assert "config" in fault.message


def test_an_sso_session_that_was_never_opened(home: Path) -> None:
    (home / "config").write_text(
        "[profile sso]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Audit\n"
        "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n"
    )

    fault = failure(Access(profile="sso"))

    assert isinstance(fault, CollectError)
    assert "aws sso login" in fault.hint


def test_an_sso_session_that_has_expired(home: Path) -> None:
    (home / "config").write_text(
        "[profile sso]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n"
        "sso_account_id = 111122223333\nsso_role_name = Audit\n"
    )
    cache = home / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    name = hashlib.sha1(b"https://corp.awsapps.com/start", usedforsecurity=False).hexdigest()
    (cache / f"{name}.json").write_text('{"accessToken": "not-a-secret", "expiresAt": "2020-01-01T00:00:00Z"}')

    fault = failure(Access(profile="sso"))

    assert isinstance(fault, CollectError)
    assert "aws sso login" in fault.hint


def test_a_credential_process_that_fails(home: Path) -> None:
    (home / "config").write_text("[profile helper]\ncredential_process = false\n")

    fault = failure(Access(profile="helper"))

    assert isinstance(fault, CollectError)
    assert "profile" in fault.hint


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("ExpiredToken", "expired"),
        ("InvalidClientTokenId", "does not accept"),
        ("SignatureDoesNotMatch", "does not accept"),
        ("AccessDenied", "AccessDenied"),
    ],
)
def test_credentials_that_aws_refuses(sts: StandIn, code: str, words: str) -> None:
    said = "The Canonical String should have been 'x-amz-security-token:not-a-secret'"
    sts.answer("sts:GetCallerIdentity", Refusal(code, 403, "no" if code == "AccessDenied" else said))

    fault = failure(Access())

    assert isinstance(fault, CollectError)
    assert words in fault.message


@pytest.mark.parametrize("name", ["no such region!", "-x", "a b"])
def test_a_region_that_is_no_name(keys: None, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", name)

    fault = failure(Access())

    assert isinstance(fault, CollectError)
    assert "AWS_REGION" in fault.hint


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1", "http://ann:not-a-secret@127.0.0.1:1", "nonsense", "http://[::1", "ftp://x"]
)
def test_an_endpoint_that_cannot_be_reached(keys: None, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)

    fault = failure(Access())

    assert isinstance(fault, CollectError)
    assert "AWS_ENDPOINT_URL" in fault.hint


def test_the_region_of_the_session(keys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def region(**access: Any) -> str:
        return str(open_session(Access(**access)).region_name)

    assert region() == "us-east-1"
    assert region(region="eu-north-1") == "eu-north-1"
    assert region(region="eu-nowhere-1") == "us-east-1"
    assert region(profile="empty") == "eu-west-3"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-1")
    assert region() == "ap-south-1"
    assert region(region="eu-nowhere-1") == "ap-south-1"


def test_a_session_of_a_role_renews_its_credentials(sts: StandIn) -> None:
    """What is about to expire is replaced before the next call, so that long scans do not end early."""
    sts.answer("sts:AssumeRole", lambda asked: lasting(asked, timedelta(minutes=5 if asked.number == 0 else 60)))

    session = open_session(Access(role_arn=ROLE))

    assert session.get_credentials().get_frozen_credentials().access_key == "ASIA0000000000000001"


def test_a_clock_that_is_wrong(sts: StandIn) -> None:
    sts.answer("sts:AssumeRole", lambda asked: lasting(asked, timedelta(hours=-1)))

    fault = failure(Access(role_arn=ROLE))

    assert isinstance(fault, CollectError)
    assert "clock" in fault.hint


def lasting(asked: Asked, time: timedelta) -> dict[str, Any]:
    """Credentials that expire after a time."""
    key = f"ASIA{asked.number:016}"
    return {"Credentials": {**CREDENTIALS, "AccessKeyId": key, "Expiration": datetime.now(UTC) + time}}
