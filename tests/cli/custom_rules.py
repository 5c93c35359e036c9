"""Files of custom rules, to be spoilt by tests."""

from __future__ import annotations

PYTHON = """
from guardrift.api import Hit, rule, roles

@rule({arguments})
def found(role, scene):
    '''{title}

    ## Why
    x

    ## Fix
    x

    ## Breaks
    x

    ## Bad
    ```json
    {{"roles": []}}
    ```

    ## Good
    ```json
    {{"roles": []}}
    ```
    '''
    return None
"""

GOOD = '"acme-one", severity="low", phase="detect", subjects=roles, apis=("iam:GetAccountAuthorizationDetails",)'

TOML = """
version = 1
[[rule]]
id = "acme-two"
title = "Something of ours"
severity = "low"
phase = "detect"
subjects = "roles"
why = "x"
fix = "x"
bad = ['{{}}']
good = ['{{}}']
{rest}
"""


def python(arguments: str = GOOD, title: str = "Title.") -> str:
    return PYTHON.format(arguments=arguments, title=title)
