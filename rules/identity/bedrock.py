"""The users that the Bedrock console makes for its API keys."""

from __future__ import annotations

from collections.abc import Iterator

from rules.access_keys.holders import holders_of, material, told, weighed
from rules.frameworks import attack, csf, well_architected
from rules.identity.people import REPORT, has_password
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.subjects import only, users
from scanner.iam.powers import power_of
from scanner.iam.sources import missing, name_at_aws, policies_of
from scanner.inventory import Account, Undetermined, User

_PREFIX = "BedrockAPIKey-"
_SERVICE = "bedrock"
_OF_AWS = "AmazonBedrock"


@rule(
    "bedrock-user-with-keys",
    severity="high",
    phase="contain",
    subjects=only(users, lambda user: user.name.startswith(_PREFIX)),
    apis=(*REPORT, "iam:ListAccessKeys"),
    controls=(*csf("PR.AA-05"), *well_architected("SEC03-BP02"), *attack(v18="T1098.001")),
    references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_bedrock.html",),
)
def bedrock_user_with_keys(user: User, scene: Scene[NoParameters]) -> Hit | None:
    """A user that was made for a Bedrock API key can be used for more.

    ## Why
    The Bedrock console makes such a user for a long-term API key, with a policy for Bedrock and nothing else. Nobody
    thinks of it as a user. One with access keys, a password or other permissions has been given them by somebody, and a
    thief with an API key that grew into this is at home. Critical where it is privileged.

    ## Fix
    Delete its access keys and its password, and detach what does not speak of Bedrock. Better, use short-term API keys
    and delete the user. If nobody knows who gave it these, look in CloudTrail for CreateAccessKey, CreateLoginProfile
    and AttachUserPolicy on it.

    ## Breaks
    Programs that use the user for other things.

    ## Bad
    ```json
    {"groups": [], "policies": [], "roles": [],
     "users": [{"name": "BedrockAPIKey-ab12", "arn": "arn:aws:iam::111122223333:user/BedrockAPIKey-ab12",
       "attached": [{"name": "AmazonBedrockLimitedAccess",
                     "arn": "arn:aws:iam::aws:policy/AmazonBedrockLimitedAccess"}]}],
     "credential_report": {"kind": "credential-report", "rows": [
       {"user": "BedrockAPIKey-ab12", "arn": "arn:aws:iam::111122223333:user/BedrockAPIKey-ab12",
        "password_enabled": false, "key_1_active": true}]},
     "access_keys": [{"user": "BedrockAPIKey-ab12", "keys": [
       {"id": "AKIAEXAMPLE1", "user": "BedrockAPIKey-ab12", "status": "Active", "created": "2026-11-01T00:00:00Z"}]}]}
    ```

    ## Good
    ```json
    {"groups": [], "policies": [], "roles": [],
     "users": [{"name": "BedrockAPIKey-ab12", "arn": "arn:aws:iam::111122223333:user/BedrockAPIKey-ab12",
       "attached": [{"name": "AmazonBedrockLimitedAccess",
                     "arn": "arn:aws:iam::aws:policy/AmazonBedrockLimitedAccess"}]}],
     "credential_report": {"kind": "credential-report", "rows": [
       {"user": "BedrockAPIKey-ab12", "arn": "arn:aws:iam::111122223333:user/BedrockAPIKey-ab12",
        "password_enabled": false}]},
     "access_keys": []}
    ```
    """
    faults: list[tuple[str, str]] = []
    unread: list[Undetermined] = []
    for look in (_keys, _password, _policies):
        try:
            faults += look(user, scene.account)
        except Undetermined as reason:
            unread.append(reason)
    if not faults:
        if unread:
            raise unread[0]
        return None
    reach = holders_of(scene.account).reach_of_arn(user.arn)
    return Hit(
        f"It has {', '.join(words for words, _ in faults)}.{told(reach, 'It')}",
        material=(*sorted({token for _, token in faults}), *material(reach)),
        details={"more": [words for words, _ in faults], "holder": reach},
        severity=weighed(reach, "critical"),
    )


def _keys(user: User, account: Account) -> Iterator[tuple[str, str]]:
    for key in holders_of(account).keys_of(user):
        yield f"the {'active' if key.is_active else 'inactive'} access key {key.id}", "bedrock-user:access-key"


def _password(user: User, account: Account) -> Iterator[tuple[str, str]]:
    if has_password(user, account):
        yield "a console password", "bedrock-user:password"


def _policies(user: User, account: Account) -> list[tuple[str, str]]:
    """The policies that allow more than Bedrock.

    Raises:
        Undetermined: none was found, and one was not read.
    """
    power = power_of(user, policies_of(account))
    found = [
        (source.name, f"bedrock-user:{source.name}")
        for source in power.sources
        if not _is_for_bedrock(source.name)
        and any(
            statement.allows and (statement.not_actions or not all(map(_is_of_bedrock, statement.actions)))
            for statement in source.policy.statements
        )
    ]
    expected = {missing(each.arn) for each in user.attached if (name_at_aws(each.arn) or "").startswith(_OF_AWS)}
    unread = [each for each in power.unread if each not in expected]
    if unread and not found:
        raise Undetermined(unread[0])
    return found


def _is_for_bedrock(name: str) -> bool:
    return (name_at_aws(name.rpartition(" ")[2]) or "").startswith(_OF_AWS)


def _is_of_bedrock(pattern: str) -> bool:
    """Whether an action pattern can cover actions of Bedrock and its parts only."""
    return pattern.lower().startswith(_SERVICE)
