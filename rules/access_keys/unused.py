"""Access keys that nobody uses: never, or not for long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rules.access_keys.holders import holders_of, material, told, weighed
from rules.access_keys.keys import CONTROLS, LISTS, REFERENCES, set_status, use_of
from rules.frameworks import cis
from scanner.engine import Hit, NoParameters, NotNegative, Scene, rule
from scanner.engine.declared import is_named
from scanner.engine.subjects import active_access_keys, only
from scanner.inventory import AccessKey, known

_APIS = (*LISTS, "iam:GetAccessKeyLastUsed")


class KeyUse(NoParameters, frozen=True):
    """Parameters of ``iam-access-key-never-used``: ``grace_days`` is the time that a new key has to be used."""

    grace_days: NotNegative = 45


@rule(
    "iam-access-key-never-used",
    severity="high",
    phase="eradicate",
    subjects=active_access_keys,
    apis=_APIS,
    controls=(*cis(v7="2.11", v5="1.11"), *CONTROLS),
    references=REFERENCES,
    parameters=KeyUse,
)
def iam_access_key_never_used(key: AccessKey, scene: Scene[KeyUse]) -> Hit | None:
    """An active access key was never used.

    ## Why
    Nobody would miss it, and nobody would notice its first use: the best key to steal, or one that was made to be found
    later. Critical where the user is privileged. Keys of users that are declared as break-glass are meant to lie
    unused.

    ## Fix
    Deactivate the key; delete it when nobody has asked for it within some weeks.

    ## Breaks
    Nothing that has ever run. A job that was prepared and has not run yet would need a new key.

    ## Bad
    ```json
    {"access_keys": [{"user": "ci", "keys": [
      {"id": "AKIAEXAMPLE1", "user": "ci", "status": "Active", "created": "2025-10-01T00:00:00Z"}]}]}
    ```

    ## Good
    ```json
    {"access_keys": [{"user": "ci", "keys": [
      {"id": "AKIAEXAMPLE1", "user": "ci", "status": "Active", "created": "2026-11-19T00:00:00Z"},
      {"id": "AKIAEXAMPLE2", "user": "ci", "status": "Active", "created": "2025-10-01T00:00:00Z",
       "last_used": "2025-10-02T00:00:00Z"}]}]}
    ```
    """
    age = scene.at - key.created
    if age <= timedelta(days=scene.parameters.grace_days) or is_for_emergencies(key, scene):
        return None
    if known(key.last_used) is not None:
        return None
    reach = holders_of(scene.account).reach_of(key.user)
    return Hit(
        f"It was made {age.days} days ago and never used.{told(reach)}",
        material=("access-key:never-used", *material(reach)),
        details={"age_days": age.days, "user": key.user, "holder": reach},
        severity=weighed(reach, "critical"),
        commands=(set_status(key, "Inactive"),),
        undo=(set_status(key, "Active"),),
    )


class KeyIdle(NoParameters, frozen=True):
    """Parameters of ``iam-access-key-unused``: ``max_idle_days`` is how long ago the last use of a key may be."""

    max_idle_days: NotNegative = 45


@rule(
    "iam-access-key-unused",
    severity="high",
    phase="eradicate",
    subjects=only(active_access_keys, lambda key: key.last_used is not None),
    apis=_APIS,
    controls=(*cis(v7="2.11", v5="1.11"), *CONTROLS),
    references=REFERENCES,
    parameters=KeyIdle,
)
def iam_access_key_unused(key: AccessKey, scene: Scene[KeyIdle]) -> Hit | None:
    """An active access key has not been used for a long time.

    ## Why
    What signed with it has moved on or died, and the key lies on in its configuration, its images and its backups.
    Whoever finds it there has a credential that works and that nobody watches. Critical where the user is privileged.
    Keys that were never used are told apart, by iam-access-key-never-used; those of users that are declared as
    break-glass are meant to lie unused.

    ## Fix
    Deactivate the key; delete it when nobody has asked for it within some weeks.

    ## Breaks
    What runs once a quarter or once a year and still signs with the key.

    ## Bad
    ```json
    {"access_keys": [{"user": "ci", "keys": [
      {"id": "AKIAEXAMPLE1", "user": "ci", "status": "Active", "created": "2025-10-01T00:00:00Z",
       "last_used": "2026-09-01T00:00:00Z"}]}]}
    ```

    ## Good
    ```json
    {"access_keys": [{"user": "ci", "keys": [
      {"id": "AKIAEXAMPLE1", "user": "ci", "status": "Active", "created": "2025-10-01T00:00:00Z",
       "last_used": "2026-11-01T00:00:00Z"},
      {"id": "AKIAEXAMPLE2", "user": "ci", "status": "Inactive", "created": "2025-10-01T00:00:00Z",
       "last_used": "2025-10-02T00:00:00Z"}]}]}
    ```
    """
    limit = timedelta(days=scene.parameters.max_idle_days)
    # A key was not used before it was made, whenever that was.
    if scene.at - key.created <= limit or is_for_emergencies(key, scene):
        return None
    last_used = known(key.last_used)
    if last_used is None or scene.at - last_used <= limit:
        return None
    idle = (scene.at - last_used).days
    reach = holders_of(scene.account).reach_of(key.user)
    return Hit(
        f"It was last used {idle} days ago; the limit is {limit.days}.{told(reach)}",
        material=("access-key:unused", *material(reach)),
        details={"idle_days": idle, "holder": reach, **use_of(key)},
        severity=weighed(reach, "critical"),
        commands=(set_status(key, "Inactive"),),
        undo=(set_status(key, "Active"),),
    )


def is_for_emergencies(key: AccessKey, scene: Scene[Any]) -> bool:
    """Whether the user of a key is declared as one that is meant to lie unused."""
    return is_named(holders_of(scene.account).arn_of(key.user), scene.declared.break_glass)
