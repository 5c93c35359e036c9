"""Credentials of a user that are made inactive; deleted, they would take the trace of their last use along.

Sources: UpdateAccessKey, UpdateServiceSpecificCredential and ListAccessKeys in the IAM API Reference.
"""

from __future__ import annotations

from collections.abc import Iterator

from policies.commands import iam
from policies.planning.plan import Step
from policies.planning.shell import Each, for_each, together
from scanner.inventory import AccessKey, Account, Gap, ServiceCredential, User, describe
from scanner.shell import quote

_SILENT = "Nothing; the command ends with 0."
_FALSE_ALARM = "Only if it was a false alarm: what may have been stolen is replaced, and never made active again."
_NOT_LISTED = Gap("iam:ListAccessKeys", "skipped")


def credentials_off(user: User, account: Account) -> Iterator[Step]:
    """The access keys and the credentials for single services."""
    yield from _keys_off(user, keys_of(account, user))
    yield from _services_off(user, service_credentials_of(account, user))


def credentials_on(user: User, account: Account) -> Iterator[Step]:
    """Those that were active before, and are made active again."""
    keys, others = keys_of(account, user), service_credentials_of(account, user)
    back = [_key(user, each, "Active") for each in _active(keys)]
    back += [_service(user, each, "Active") for each in _active(others)]
    if back:
        yield Step(
            phase="remove",
            title="After a false alarm, make the credentials active again",
            why=_FALSE_ALARM,
            calls=("iam:UpdateAccessKey", "iam:UpdateServiceSpecificCredential"),
            commands=together([Each(command) for command in back]),
            expected=_SILENT,
        )


def keys_of(account: Account, user: User) -> tuple[AccessKey, ...] | Gap:
    """The access keys of a user, or the gap where they were not read."""
    if isinstance(account.access_keys, Gap):
        return account.access_keys
    return next((holder.keys for holder in account.access_keys if holder.user == user.name), _NOT_LISTED)


def service_credentials_of(account: Account, user: User) -> tuple[ServiceCredential, ...] | Gap:
    """The credentials of a user for single services, or the gap where they were not read."""
    if isinstance(account.service_credentials, Gap):
        return account.service_credentials
    return tuple(each for each in account.service_credentials if each.user == user.name)


def _active(found: tuple[AccessKey, ...] | tuple[ServiceCredential, ...] | Gap) -> list[str]:
    """The ids of those that work."""
    return [] if isinstance(found, Gap) else sorted(each.id for each in found if each.is_active)


def _key(user: User, key: str, status: str) -> str:
    return iam("update-access-key", user_name=user.name, access_key_id=key, status=status)


def _service(user: User, credential: str, status: str) -> str:
    return iam(
        "update-service-specific-credential",
        user_name=user.name,
        service_specific_credential_id=credential,
        status=status,
    )


def _keys_off(user: User, keys: tuple[AccessKey, ...] | Gap) -> Iterator[Step]:
    off = [_key(user, each, "Inactive") for each in _active(keys)]
    why = "All, not only the leaked one. Sessions made from them live on: the policy denies these."
    if isinstance(keys, Gap):
        why = f"They were not read ({describe(keys)}), so those that are active are looked up now: note which. {why}"
        off = [_each(user, "list-access-keys", "AccessKeyMetadata", "AccessKeyId", "access-key-id")]
    if off:
        yield Step(
            phase="contain",
            title="Make the access keys inactive",
            why=why,
            calls=("iam:UpdateAccessKey", *(("iam:ListAccessKeys",) if isinstance(keys, Gap) else ())),
            commands=together([Each(command) for command in off]),
            expected=_SILENT,
            breaks="Everything that signs with these keys, passwords for SMTP of SES that derive from them included.",
        )


def _services_off(user: User, found: tuple[ServiceCredential, ...] | Gap) -> Iterator[Step]:
    off = [_service(user, each, "Inactive") for each in _active(found)]
    why = "API keys of Bedrock, and passwords for Git and Keyspaces, live on when access keys are made inactive."
    if isinstance(found, Gap):
        why = f"They were not read ({describe(found)}), so those that are active are looked up now: note which. {why}"
        listed = ("ServiceSpecificCredentials", "ServiceSpecificCredentialId", "service-specific-credential-id")
        off = [_each(user, "list-service-specific-credentials", *listed)]
    if off:
        yield Step(
            phase="contain",
            title="Make the credentials for single services inactive",
            why=why,
            calls=("iam:ListServiceSpecificCredentials", "iam:UpdateServiceSpecificCredential")
            if isinstance(found, Gap)
            else ("iam:UpdateServiceSpecificCredential",),
            commands=together([Each(command) for command in off]),
            expected=_SILENT,
            breaks="Whatever signs in with them.",
        )


def _each(user: User, listing: str, member: str, name: str, parameter: str) -> str:
    """A loop that makes inactive what is active now; it fails where one of them stays active."""
    update = listing.removesuffix("s").replace("list", "update", 1)
    active = quote(f'--query={member}[?Status==`"Active"`].{name}')
    found = f"{iam(listing, user_name=user.name)} {active} --output=text"
    return for_each(found, f'{iam(update, user_name=user.name, status="Inactive")} "--{parameter}=$EACH"')
