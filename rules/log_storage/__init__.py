"""Storage of logs: whether records last, and can be read tonight."""

from __future__ import annotations

from rules.log_storage import access, beginning, deletable, hygiene, keys, puts, querying, retention

MODULES = (access, retention, beginning, hygiene, puts, deletable, keys, querying)
