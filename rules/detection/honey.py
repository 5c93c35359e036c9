"""Bait: credentials that nobody uses, so that whoever uses them is a thief."""

from __future__ import annotations

from rules.frameworks import attack, csf, well_architected
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.subjects import the_account
from scanner.inventory import Account, Gap, NotCollected


class Honey(NoParameters, frozen=True):
    """Parameters of ``honey-principal-missing``: ``tag`` is the key by which users and roles are marked as bait."""

    tag: str = "honey"


@rule(
    "honey-principal-missing",
    severity="info",
    phase="detect",
    subjects=the_account,
    apis=("iam:GetAccountAuthorizationDetails",),
    controls=(*csf("DE.CM-03"), *well_architected("SEC10-BP06"), *attack(v18="T1078.004")),
    references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html",),
    parameters=Honey,
)
def honey_principal_missing(account: Account, scene: Scene[Honey]) -> Hit | None:
    """The account has no bait for thieves.

    ## Why
    A key of a user without rights, left where only a thief looks, gives the one alert that is never false: nobody else
    has a reason to use it. Told for information; users and roles that serve for it are known by a tag.

    ## Fix
    Make a user without any rights, tag it, lay its key where secrets are looked for, and have every call that it makes
    told at once.

    ## Breaks
    Nothing; a tag that says so plainly warns a thief who may read IAM, so choose a key that tells him nothing.

    ## Bad
    ```json
    {"groups": [], "policies": [], "roles": [], "users": [
      {"name": "ci", "arn": "arn:aws:iam::111122223333:user/ci"}]}
    ```

    ## Good
    ```json
    {"groups": [], "policies": [], "roles": [], "users": [
      {"name": "backup-admin", "arn": "arn:aws:iam::111122223333:user/backup-admin",
       "tags": [{"key": "honey", "value": "yes"}]}]}
    ```
    """
    wanted = scene.parameters.tag
    lists = (account.users, account.roles)
    for found in lists:
        if not isinstance(found, Gap) and any(tag.key == wanted for each in found for tag in each.tags):
            return None
    for found in lists:
        if isinstance(found, Gap):
            raise NotCollected(found)
    return Hit(f"No user or role has the tag {wanted!r}.", material=("honey:none",), details={"tag": wanted})
