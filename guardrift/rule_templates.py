"""What ``guardrift rules new`` writes: a first rule that works, to be changed."""

from __future__ import annotations

PYTHON = '''"""Rules of our own: say here what they have in common."""

from __future__ import annotations

from guardrift.api import Hit, NoParameters, Role, Scene, csf, roles, rule


class Parameters(NoParameters, frozen=True):
    """Parameters of ``{rule_id}``: ``tag`` is the tag that every role has to have."""

    tag: str = "owner"


@rule(
    "{rule_id}",
    severity="low",
    phase="investigate",
    subjects=roles,
    apis=("iam:GetAccountAuthorizationDetails",),
    controls=csf("ID.AM-08"),
    parameters=Parameters,
)
def {name}(role: Role, scene: Scene[Parameters]) -> Hit | None:
    """A role does not say whose it is ({rule_id}).

    ## Why
    In the night of an incident somebody has to say what breaks when the role is revoked.

    ## Fix
    Tag the role.

    ## Breaks
    Nothing, unless policies decide by this tag.

    ## Bad
    ```json
    {{"roles": [{{"name": "app", "arn": "arn:aws:iam::111122223333:role/app", "trust": {{}}}}]}}
    ```

    ## Good
    ```json
    {{"roles": [{{"name": "app", "arn": "arn:aws:iam::111122223333:role/app", "trust": {{}},
      "tags": [{{"key": "owner", "value": "payments"}}]}}]}}
    ```
    """
    wanted = scene.parameters.tag
    if role.path.startswith("/aws-service-role/") or any(tag.key == wanted for tag in role.tags):
        return None
    return Hit(f"It has no tag {{wanted!r}}.", material=(f"tag-missing:{{wanted}}",))
'''

TOML = """version = 1

[[rule]]
id = "{rule_id}"
title = "A role does not say whose it is ({rule_id})"
severity = "low"
phase = "investigate"
subjects = "roles"
applies = "!starts_with(path, '/aws-service-role/')"
fails = "length(tags[?key=='owner']) == `0`"
message = "It has no tag 'owner'."
why = "In the night of an incident somebody has to say what breaks when the role is revoked."
fix = "Tag the role."
breaks = "Nothing, unless policies decide by this tag."
bad = ['''
{{"roles": [{{"name": "app", "arn": "arn:aws:iam::111122223333:role/app", "trust": {{}}}}]}}
''']
good = ['''
{{"roles": [{{"name": "app", "arn": "arn:aws:iam::111122223333:role/app", "trust": {{}},
  "tags": [{{"key": "owner", "value": "payments"}}]}}]}}
''']
"""


def template(rule_id: str, *, is_toml: bool) -> str:
    """The text of a new rule file with one rule."""
    return (TOML if is_toml else PYTHON).format(rule_id=rule_id, name=rule_id.replace("-", "_"))
