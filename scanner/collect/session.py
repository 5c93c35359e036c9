"""Open a session with AWS, and find out who it is; every failure says what to do.

What the SDK raised is not chained to our errors: its text may quote a request with the session token in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import boto3
from botocore import exceptions as sdk
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.session import Session

from scanner.collect.outcome import (
    EXPIRED,
    MALFORMED,
    error_code,
    is_of_aws,
    is_refused,
    malformed,
    message_of,
    outcome_of,
)
from scanner.errors import CollectError, UsageError

_ACCOUNT_ID = re.compile("[0-9]{12}")
_CHECK_NETWORK = "Check the network, the proxy, the region and AWS_ENDPOINT_URL."
_GLOBAL_ENDPOINTS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How AWS is reached.

    Attributes:
        region: the region of the session itself, if the SDK knows it; else the profile's or the environment's counts.
        role_arn: a role to assume for the scan; ``external_id`` and ``session_duration`` (seconds) go with it.
        mfa_serial: the MFA device of the caller; ``ask_mfa_code`` is asked for the code.
    """

    profile: str | None = None
    region: str | None = None
    role_arn: str | None = None
    external_id: str | None = None
    session_duration: int | None = None
    mfa_serial: str | None = None
    ask_mfa_code: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the account, the partition and the ARN of the credentials."""

    account_id: str
    partition: str
    arn: str


def client_config(concurrency: int, user_agent: str) -> Config:
    """Standard retries with patience: eight attempts, as many connections as calls in flight."""
    return Config(
        retries={"mode": "standard", "total_max_attempts": 8},
        max_pool_connections=concurrency,
        connect_timeout=5,
        read_timeout=30,
        user_agent_extra=user_agent,
    )


def open_session(access: Access) -> Any:
    """A boto3 session; raises ``UsageError`` for an unknown profile or options that do not go together."""
    if access.role_arn is None and (access.external_id or access.session_duration):
        raise UsageError("--external-id and --session-duration go with --role-arn", "Name the role to assume.")
    try:
        session = boto3.Session(profile_name=access.profile)
    except sdk.ProfileNotFound as fault:
        known = ", ".join(Session().available_profiles[:8]) or "none"
        raise UsageError(f"there is no AWS profile {fault.kwargs['profile']!r}", f"Known profiles: {known}") from None
    except sdk.ConfigParseError as fault:
        raise UsageError(f"the AWS configuration cannot be read: {fault}", "Mend the file.") from None
    is_known = access.region is not None and access.region in known_regions()
    region = access.region if is_known else session.region_name or "us-east-1"
    session = boto3.Session(profile_name=access.profile, region_name=region)
    if access.role_arn is not None:
        return _assumed(session, access)
    if access.mfa_serial is not None:
        return _with_mfa(session, access)
    return session


def known_regions() -> set[str]:
    """The regions that the SDK knows; another may be new, or a mistake, which only the account's own list can tell."""
    session = Session()
    partitions = session.get_available_partitions()
    return {region for name in partitions for region in session.get_available_regions("ec2", partition_name=name)}


def identify(clients: Any, region: str) -> Caller:
    """Ask STS who we are; raises ``CollectError`` with the remedy where that fails."""
    try:
        answer = clients.get("sts", region).get_caller_identity()
    except (sdk.ClientError, sdk.BotoCoreError, *MALFORMED) as fault:
        raise explain(fault) from None
    account, arn = str(answer.get("Account")), str(answer.get("Arn", ""))
    if not _ACCOUNT_ID.fullmatch(account):
        raise CollectError("what answers in place of STS names no account", _CHECK_NETWORK)
    parts = arn.split(":")
    return Caller(account, parts[1] if len(parts) > 1 and parts[1] else "aws", arn)


def global_endpoint(partition: str, session_region: str) -> str:
    """The region whose endpoint answers for the global services of a partition."""
    return _GLOBAL_ENDPOINTS.get(partition, session_region)


_USUAL: tuple[tuple[tuple[type[Exception], ...], str, str], ...] = (
    (
        (sdk.InvalidConfigError,),
        "the AWS configuration is wrong: {}",
        "Mend the profile in the AWS configuration file.",
    ),
    (
        (sdk.NoCredentialsError,),
        "there are no AWS credentials",
        "Set AWS_PROFILE or --profile, or run 'aws configure sso'.",
    ),
    (
        (sdk.PartialCredentialsError, sdk.CredentialRetrievalError),
        "the AWS credentials cannot be used: {}",
        "Check the profile.",
    ),
    (
        (sdk.SSOError, sdk.TokenRetrievalError, sdk.UnauthorizedSSOTokenError),
        "the SSO session has expired or was never opened",
        "Run 'aws sso login' for the profile.",
    ),
    ((sdk.InvalidRegionError, sdk.NoRegionError), "the region is not usable: {}", "Give --region or AWS_REGION."),
    ((sdk.ConnectionError, sdk.HTTPClientError), "AWS cannot be reached: {}", _CHECK_NETWORK),
)
"""What to say, and what to do, for each kind of exception; the first that fits counts."""


def explain(fault: Exception) -> CollectError:
    """One clear error for the usual ways in which AWS cannot be asked."""
    for kinds, what, hint in _USUAL:
        if isinstance(fault, kinds):
            return CollectError(what.format(message_of(fault)), hint)
    if isinstance(fault, sdk.ClientError) and error_code(fault) in EXPIRED:
        hint = "Get new ones (for SSO: 'aws sso login') and try again."
        return CollectError("the AWS credentials have expired", hint)
    if isinstance(fault, sdk.ClientError) and is_refused(fault):
        hint = "The key may be wrong, inactive or deleted, or the region of the session not enabled for the account."
        return CollectError(f"AWS does not accept the credentials ({error_code(fault)})", hint)
    if isinstance(fault, sdk.ClientError) and _is_strange(fault):
        return CollectError(f"AWS cannot be asked: {message_of(fault)}", _CHECK_NETWORK)
    if isinstance(fault, sdk.BotoCoreError | sdk.ClientError):
        return CollectError(f"AWS cannot be asked: {message_of(fault)}", "Run with -v for more.")
    return CollectError(f"AWS cannot be asked: {malformed(fault)}", _CHECK_NETWORK)


def _is_strange(fault: sdk.ClientError) -> bool:
    """Whether what answers may be no AWS: it knows no such action, or fails where AWS hardly ever does."""
    status = fault.response.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0
    return not is_of_aws(fault) or error_code(fault) == "InvalidAction" or status >= 500


def _assumed(session: Any, access: Access) -> Any:
    """A session of the assumed role that renews its credentials by itself, so that long scans do not end in mid-run."""
    arguments: dict[str, object] = {"RoleSessionName": "guardrift"}
    if access.external_id:
        arguments["ExternalId"] = access.external_id
    if access.session_duration:
        arguments["DurationSeconds"] = access.session_duration
    if access.mfa_serial:
        arguments["SerialNumber"] = access.mfa_serial
    core = Session(profile=access.profile)
    try:
        fetcher = AssumeRoleCredentialFetcher(
            client_creator=partial(
                session._session.create_client,  # noqa: SLF001  (boto3 has no public way to the botocore session)
                config=client_config(1, ""),
            ),
            source_credentials=_source(session),
            role_arn=access.role_arn,
            extra_args=arguments,
            mfa_prompter=lambda prompt: _code(access, prompt),
        )
        core._credentials = DeferredRefreshableCredentials(  # noqa: SLF001  (the documented recipe for refreshable credentials)
            refresh_using=fetcher.fetch_credentials, method="assume-role"
        )
        core.get_credentials().get_frozen_credentials()
    except sdk.ParamValidationError as fault:
        raise UsageError(f"the role cannot be assumed: {message_of(fault)}", "Give the ARN of a role.") from None
    except sdk.ClientError as fault:
        is_busy = outcome_of(fault) == "throttled"
        raise CollectError(
            f"the role {access.role_arn} cannot be assumed: {message_of(fault)}",
            "AWS is busy: try again later." if is_busy else "Check its trust policy, --external-id and --mfa-serial.",
        ) from None
    except (sdk.BotoCoreError, ValueError) as fault:
        raise explain(fault) from None
    except RuntimeError as fault:
        # This is how the SDK says that new credentials have expired already.
        raise CollectError(f"the role {access.role_arn} cannot be used: {fault}", "Set the clock right.") from None
    return boto3.Session(botocore_session=core, region_name=session.region_name)


def _source(session: Any) -> Any:
    found = session.get_credentials()
    if found is None:
        raise sdk.NoCredentialsError
    return found


def _with_mfa(session: Any, access: Access) -> Any:
    code = _code(access, f"MFA code for {access.mfa_serial}: ")
    try:
        answer = session.client("sts", config=client_config(1, "")).get_session_token(
            SerialNumber=access.mfa_serial, TokenCode=code
        )
    except sdk.ParamValidationError as fault:
        raise UsageError(
            f"the MFA code cannot be used: {message_of(fault)}", "Check --mfa-serial, and type the six digits."
        ) from None
    except (sdk.ClientError, sdk.BotoCoreError, ValueError) as fault:
        raise explain(fault) from None
    keys = answer["Credentials"]
    return boto3.Session(
        keys["AccessKeyId"],
        keys["SecretAccessKey"],
        keys["SessionToken"],
        region_name=session.region_name,
        profile_name=access.profile,
    )


def _code(access: Access, prompt: str) -> str:
    if access.ask_mfa_code is None:
        raise UsageError("an MFA code is needed", "Run it on a terminal, where the code can be typed.")
    return access.ask_mfa_code(prompt)
