"""Long-term credentials: access keys, and the other secrets that work from anywhere until somebody stops them."""

from __future__ import annotations

from rules.access_keys import keys, pairs, root, services, unused

MODULES = (keys, pairs, root, services, unused)
