"""Sessions that a user makes with its access key, and that outlive the key."""

from __future__ import annotations

from rules.access_keys.holders import holders_of
from rules.frameworks import attack, csf, well_architected
from rules.identity.asking import PROBE, WITH_A_KEY, granted_on, may
from rules.identity.people import REPORT
from rules.principals import confidence_in, settled
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.subjects import users
from scanner.iam.matching import matches
from scanner.iam.powers import Power, power_of
from scanner.iam.sources import policies_of
from scanner.inventory import Account, NotCollected, User

_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"


@rule(
    "iam-user-federation-token",
    severity="low",
    phase="contain",
    subjects=users,
    apis=(*REPORT, "iam:ListAccessKeys"),
    controls=(*csf("PR.AA-05"), *well_architected("SEC03-BP02"), *attack(v18="T1550.001")),
    references=(
        f"{_GUIDE}id_credentials_temp_control-access_getfederationtoken.html",
        f"{_GUIDE}id_credentials_temp_control-access_disable-perms.html",
    ),
)
def iam_user_federation_token(user: User, scene: Scene[NoParameters]) -> Hit | None:
    """A user with an access key may make sessions of federated users.

    ## Why
    By sts:GetFederationToken a thief turns the key into a session of up to 36 hours, and that into a console session.
    It stays valid when the key is deactivated or deleted, and appears in the logs under a name that the thief chooses.
    Only a Deny on the user stops it. Hardly any program needs this call. Whether it was used is not known here;
    sts:GetSessionToken needs no permission, and so cannot be taken away by leaving it out.

    ## Fix
    Leave sts:GetFederationToken out of the policies of users, or deny it by a service control policy.

    ## Breaks
    Portals of your own that hand out sessions in this way.

    ## Bad
    ```json
    {"groups": [], "policies": [], "roles": [],
     "users": [{"name": "ci", "arn": "arn:aws:iam::111122223333:user/ci",
       "inline": [{"name": "sts", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}]}}]}],
     "access_keys": [{"user": "ci", "keys": [
       {"id": "AKIAEXAMPLE1", "user": "ci", "status": "Active", "created": "2026-11-01T00:00:00Z"}]}]}
    ```

    ## Good
    ```json
    {"groups": [], "policies": [], "roles": [],
     "users": [{"name": "ci", "arn": "arn:aws:iam::111122223333:user/ci",
       "inline": [{"name": "sts", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": "sts:*", "Resource": "*"},
         {"Effect": "Deny", "Action": "sts:GetFederationToken", "Resource": "*"}]}}]}],
     "access_keys": [{"user": "ci", "keys": [
       {"id": "AKIAEXAMPLE1", "user": "ci", "status": "Active", "created": "2026-11-01T00:00:00Z"}]}]}
    ```
    """
    account = scene.account
    try:
        keys = [key.id for key in holders_of(account).keys_of(user) if key.is_active]
        missing = None
    except NotCollected as gap:
        keys, missing = [], gap
    if not keys and missing is None:
        return None
    power = power_of(user, policies_of(account))
    # It takes no other credentials than a long-term key.
    found = may(power, ("sts:GetFederationToken",), _federated_users(power, account), account, absent=WITH_A_KEY)
    if found.verdict == "no" and not power.unread:
        return None
    if missing is not None:
        raise missing
    settled(power, fails=found.verdict != "no")
    return Hit(
        f"Whoever holds {' or '.join(keys)} may call sts:GetFederationToken{found.only_if}; "
        "the sessions outlive the key.",
        material=("may:sts:GetFederationToken",),
        details={"keys": keys, **found.evidence},
        confidence=confidence_in(power, certain=found.verdict == "yes"),
    )


def _federated_users(power: Power, account: Account) -> tuple[str, ...]:
    """What sts:GetFederationToken can be allowed on: the user, and the federated users that policies name."""
    prefix = f"arn:{account.partition}:sts::{account.account_id}:"
    named = [
        prefix + tail.replace("${aws:username}", power.caller.arn.rpartition("/")[2])
        for _, owner, tail in granted_on(power, "sts:GetFederationToken")
        if tail.startswith("federated-user/") and matches(owner, account.account_id)
    ]
    probe = f"{prefix}federated-user/{PROBE}"
    return tuple(dict.fromkeys((power.caller.arn, probe, *(each.replace("*", PROBE) for each in named))))
