"""Identity hygiene: who can sign in, and with what."""

from __future__ import annotations

from rules.identity import bedrock, certificates, console, federation, local_sign_in, passwords, root, tokens, users

MODULES = (bedrock, certificates, console, federation, local_sign_in, passwords, root, tokens, users)
