"""Which references of a finding become links."""

from __future__ import annotations

import re

_LINK = re.compile(
    r"https://(docs\.aws\.amazon\.com|aws\.amazon\.com|attack\.mitre\.org|github\.com)(/[A-Za-z0-9._~/?#=&%+:-]*)?"
)


def link(reference: str) -> str | None:
    """The reference itself if it is an https address of a known documentation host, else None.

    Anything unusual (a port, a user, quotes, other scripts) makes it plain text.
    """
    return reference if _LINK.fullmatch(reference) else None
