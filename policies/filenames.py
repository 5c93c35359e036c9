"""Directory names for principals, whatever the principals are called."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable

from policies.rendered import Rendered

# What IAM allows in a name, less a dash, a dot or another mark at the start, and a dot at the end, which Windows drops.
_PLAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_+=,.@-]{0,98}[A-Za-z0-9_+=,@-])?")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
_OTHER = re.compile(r"[^A-Za-z0-9_+=,@-]")


def directory_names(rendered: Iterable[Rendered]) -> list[str]:
    """A relative directory such as ``role/app`` for each, all different even where case is not told apart.

    An ordinary name is kept. Any other, and one that occurs twice, is cut, freed of all but harmless characters and
    told apart by a digest after ``~``, which no name in IAM contains.
    """
    principals = list(rendered)
    shared = Counter((each.kind, each.name.casefold()) for each in principals)
    seen: Counter[str] = Counter()
    names = []
    for each in principals:
        is_plain = _PLAIN.fullmatch(each.name) and not _DEVICE.fullmatch(each.name)
        if is_plain and shared[each.kind, each.name.casefold()] == 1:
            names.append(f"{each.kind}/{each.name}")
        else:
            seen[each.principal] += 1
            names.append(f"{each.kind}/{_escape(each, seen[each.principal])}")
    return names


def _escape(rendered: Rendered, occurrence: int) -> str:
    identity = f"{occurrence}:{rendered.kind}:{rendered.principal}".encode("utf-8", "surrogatepass")
    readable = _OTHER.sub("_", rendered.name[:60])
    # A name that begins with a mark could be taken for an option.
    first = "" if readable[:1].isalnum() else "_"
    return f"{first}{readable}~{hashlib.sha256(identity).hexdigest()[:16]}"
