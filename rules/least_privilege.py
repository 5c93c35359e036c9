"""Least privilege: who can do everything."""

from __future__ import annotations

from rules.frameworks import attack, cis, csf, well_architected
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.subjects import users
from scanner.iam.administrator import administration
from scanner.inventory import Gap, User


@rule(
    "iam-user-admin",
    severity="critical",
    phase="contain",
    subjects=users,
    apis=("iam:GetAccountAuthorizationDetails",),
    controls=(*cis(v7="2.14", v5="1.15"), *csf("PR.AA-05"), *well_architected("SEC03-BP02"), *attack(v18="T1098.003")),
    references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",),
)
def iam_user_admin(user: User, scene: Scene[NoParameters]) -> Hit | None:
    """A user is an administrator.

    ## Why
    A user's credentials do not expire: one leaked key or password is the whole account, and its holder can undo an
    IAM-level containment. What the policies say counts, not what they are called; own, inline and group policies are
    united, a permissions boundary caps them, and a Deny counts only as far as it applies.

    ## Fix
    Let people and jobs assume a role for administration, with MFA and short sessions, and take the policies away from
    the user.

    ## Breaks
    Whatever the user does today with these rights; look at the last use of its keys and services before.

    ## Bad
    ```json
    {"groups": [], "policies": [], "users": [
      {"name": "test", "arn": "arn:aws:iam::111122223333:user/test", "inline": [
        {"name": "all", "document": {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": "*", "Resource": "*"},
          {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::logs/*"}]}}]}]}
    ```

    ## Good
    ```json
    {"groups": [], "policies": [], "users": [
      {"name": "ann", "arn": "arn:aws:iam::111122223333:user/ann", "inline": [
        {"name": "AdministratorAccess", "document": {"Version": "2012-10-17", "Statement": {
          "Effect": "Allow", "Action": "s3:List*", "Resource": "*"}}}]}]}
    ```
    """
    found = administration(user, scene.account)
    if found is None:
        return None
    held_back = f" At present it is held back by {', '.join(found.contained_by)}." if found.contained_by else ""
    only_if = f" It depends on {', '.join(found.conditions)}." if found.conditions else ""
    return Hit(
        f"It may do everything, by {', '.join(found.sources)}.{only_if}{held_back}",
        material=tuple(f"administrator:{source}" for source in found.sources),
        details={
            "sources": found.sources,
            "conditions": found.conditions,
            "contained_by": found.contained_by,
            "active_access_keys": _active_keys(user, scene),
        },
        confidence="medium" if found.conditions else "high",
    )


def _active_keys(user: User, scene: Scene[NoParameters]) -> list[str] | None:
    """The ids of the user's active keys, or None where they were not collected."""
    holders = scene.account.access_keys
    if isinstance(holders, Gap):
        return None
    keys = next((holder.keys for holder in holders if holder.user == user.name), ())
    return None if isinstance(keys, Gap) else [key.id for key in keys if key.is_active]
