"""Access keys: credentials that work from anywhere until somebody stops them."""

from __future__ import annotations

from rules.access_keys import keys

MODULES = (keys,)
