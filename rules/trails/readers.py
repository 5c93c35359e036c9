"""Whether those who have to read the logs in the night of an incident can decrypt them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rules.frameworks import attack, csf, well_architected
from rules.trails.keys import is_own_key, keys_of_trails
from scanner.engine import Hit, NoParameters, Scene, Subject, Unread, rule
from scanner.evidence_access import Evidence, Standing
from scanner.inventory import Account, KmsKey, Undetermined, known

_DECRYPT = "kms:Decrypt"


def _own_keys(account: Account) -> Iterator[Subject[KmsKey] | Unread]:
    """The keys of the account itself; who can use another account's is asked there."""
    for subject in keys_of_trails(account):
        if isinstance(subject, Unread) or is_own_key(subject.item, account):
            yield subject


@rule(
    "trail-key-closed-to-responders",
    severity="high",
    phase="investigate",
    subjects=_own_keys,
    apis=(
        "cloudtrail:DescribeTrails", "kms:DescribeKey", "kms:GetKeyPolicy", "iam:GetAccountAuthorizationDetails",
    ),
    controls=(*csf("RS.AN-07"), *well_architected("SEC10-BP05"), *attack(v18="T1486")),
    references=(
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html",
        "https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html",
    ),
)  # fmt: skip
def trail_key_closed_to_responders(key: KmsKey, scene: Scene[NoParameters]) -> Hit | None:
    """Those who have to read the logs cannot decrypt them.

    ## Why
    In the night of an incident the files are there, and the one role that may open the bucket may not use the key.
    Asked are the response roles that are declared; where none is, whether any user or role of the account can decrypt
    at all. That the logs may be read by way of another account is not known here.

    ## Fix
    Let the policy of the key give kms:Decrypt to the response roles, for the encryption context of the trail, or leave
    it to IAM and give it there.

    ## Breaks
    Nothing. Whoever may decrypt and read the bucket reads the logs.

    ## Bad
    ```json
    {"groups": [], "policies": [], "users": [], "roles": [
      {"name": "ir", "arn": "arn:aws:iam::111122223333:role/ir", "trust": {"Version": "2012-10-17", "Statement": []},
       "inline": [{"name": "keys", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}]}}]}],
     "regions": [{"name": "us-east-1", "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "kms_key": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
       "status": {"kind": "trail-status", "is_logging": true}, "selectors": {"kind": "event-selectors"}}]}],
     "keys": [{"named": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
       "region": "us-east-1", "arn": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
       "detail": {"kind": "key-detail", "manager": "CUSTOMER", "state": "Enabled"}, "rotation": null,
       "policy": {"kind": "policy", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "kms:GenerateDataKey*",
          "Resource": "*"}]}}}]}
    ```

    ## Good
    ```json
    {"groups": [], "policies": [], "users": [], "roles": [
      {"name": "ir", "arn": "arn:aws:iam::111122223333:role/ir", "trust": {"Version": "2012-10-17", "Statement": []}}],
     "regions": [{"name": "us-east-1", "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "kms_key": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
       "status": {"kind": "trail-status", "is_logging": true}, "selectors": {"kind": "event-selectors"}}]}],
     "keys": [{"named": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
       "region": "us-east-1", "arn": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
       "detail": {"kind": "key-detail", "manager": "CUSTOMER", "state": "Enabled"}, "rotation": null,
       "policy": {"kind": "policy", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/ir"}, "Action": "kms:Decrypt",
          "Resource": "*", "Condition": {"Null": {"kms:EncryptionContext:aws:cloudtrail:arn": "false"}}}]}}}]}
    ```
    """
    known(key.detail)
    account, arn = scene.account, key.arn or key.named
    evidence = Evidence(account, f"the key {arn}", known(key.policy), (((_DECRYPT, arn),),), account.account_id)
    responders = sorted(each.arn for each in known(account.roles) if scene.declared.may_respond(each.arn))
    if not responders:
        return _by_nobody(evidence, account)
    standings = {responder: evidence.standing(responder) for responder in responders}
    closed = [responder for responder, standing in standings.items() if standing == "no"]
    if not closed:
        _refuse_doubts(standings.values())
        return None
    return Hit(
        f"It cannot be used by {', '.join(responder.split(':', 5)[-1] for responder in closed)} to decrypt.",
        material=tuple(f"closed-to:{responder}" for responder in closed),
        details={"closed_to": closed},
    )


def _by_nobody(evidence: Evidence, account: Account) -> Hit | None:
    """What is wrong where no response role is declared: that nobody at all can decrypt."""
    doubtful: list[Standing] = []
    users, roles = known(account.users), known(account.roles)
    for arn in (*(user.arn for user in users), *(role.arn for role in roles)):
        standing = evidence.standing(arn)
        if standing == "yes":
            return None
        if standing != "no":
            doubtful.append(standing)
    _refuse_doubts(doubtful)
    return Hit("No user or role of the account can decrypt with it.", material=("closed-to:everybody",))


def _refuse_doubts(standings: Iterable[Standing]) -> None:
    if any(standing == "unknown" for standing in standings):
        raise Undetermined("a policy that was not read may decide who can decrypt")
