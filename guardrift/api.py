"""What custom rules, and other programs, import: the parts of guardrift that stay the same between versions.

On import it puts guardrift's own packages on the path of the process.

Raises:
    ImportError: another package of the name ``scanner``, ``rules``, ``policies`` or ``reports`` is in the way.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_HOME = _HERE / "_app" if (_HERE / "_app").is_dir() else _HERE.parent


def _enter() -> None:
    """Put our packages first on the path, unless others of their names are in use."""
    for name in ("scanner", "rules", "policies", "reports"):
        module = sys.modules.get(name)
        if module is None:
            continue
        places = [Path(place).resolve() for place in getattr(module, "__path__", [])] or [
            Path(module.__file__ or "").resolve()
        ]
        if not any(place.is_relative_to(_HOME) for place in places):
            raise ImportError(
                f"guardrift needs a package called {name!r}, but another one of that name is loaded from {places[0]}"
            )
    if str(_HOME) not in sys.path:
        sys.path.insert(0, str(_HOME))


_enter()

from rules.frameworks import attack, cis, csf, well_architected  # noqa: E402
from scanner.engine import (  # noqa: E402
    AtLeastOne,
    Declared,
    Hit,
    Met,
    NoParameters,
    NotNegative,
    Rule,
    Scene,
    Subject,
    Unread,
    rule,
)
from scanner.engine.subjects import (  # noqa: E402
    account_resource,
    active_access_keys,
    in_regions,
    only,
    regions,
    roles,
    the_account,
    unlisted_regions,
    users,
)
from scanner.findings import Control, Resource  # noqa: E402
from scanner.iam.decision import Deciding, Decision, LayerVerdict, Provision  # noqa: E402
from scanner.iam.questions import NoSuchPrincipal, questions_of  # noqa: E402
from scanner.inventory import *  # noqa: E402, F403
from scanner.inventory import __all__ as _inventory  # noqa: E402
from scanner.shell import command, option  # noqa: E402

__all__ = [
    "AtLeastOne",
    "Control",
    "Deciding",
    "Decision",
    "Declared",
    "Hit",
    "LayerVerdict",
    "Met",
    "NoParameters",
    "NotNegative",
    "Provision",
    "Resource",
    "Rule",
    "Scene",
    "Subject",
    "Unread",
    "account_resource",
    "active_access_keys",
    "attack",
    "can",
    "cis",
    "command",
    "csf",
    "in_regions",
    "only",
    "option",
    "regions",
    "roles",
    "rule",
    "the_account",
    "unlisted_regions",
    "users",
    "well_architected",
    *_inventory,
]


def can(
    account: Account,  # noqa: F405
    principal: str,
    action: str,
    resource: str = "*",
    *,
    context: Mapping[str, tuple[str, ...]] | None = None,
) -> Decision:
    """Whether a principal may do something, as ``guardrift can`` decides it.

    Args:
        account: ``scene.account``.
        principal: the ARN of a user, a role, a session or a root user.
        action: such as ``s3:GetObject``.
        resource: an ARN; ``*`` stands for an action that takes no resource.
        context: keys of the request with their values; what is not given is undecided.

    Returns:
        Yes, no, or only if, with what decides; ``not_collected`` names what was not read and is assumed to change
        nothing.

    Raises:
        Undetermined: the principal is not known.
    """
    said = {key.lower(): values for key, values in (context or {}).items()}
    try:
        return questions_of(account).ask(principal, action, resource, context=said)
    except NoSuchPrincipal as unknown:
        raise Undetermined(str(unknown)) from None  # noqa: F405
