"""Response capability: whether a stolen credential can be contained tonight."""

from __future__ import annotations

from rules.response import (
    contacts,
    containing,
    editing,
    forensics,
    incident,
    investigators,
    keys,
    left_over,
    preserving,
    roles,
    room,
    sessions,
)

MODULES = (
    contacts, containing, editing, forensics, incident, investigators, keys, left_over, preserving, roles, room,
    sessions,
)  # fmt: skip
