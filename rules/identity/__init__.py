"""Identity hygiene: who can sign in, and with what."""

from __future__ import annotations

from rules.identity import console

MODULES = (console,)
