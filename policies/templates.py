"""The templates that are rendered for one principal of a snapshot, with commands; all are in ``policies.documents``."""

from __future__ import annotations

from policies.documents.sessions import REVOKE_POLICY, REVOKE_SESSIONS, revoke_sessions
from policies.documents.template import Kind, PrincipalTemplate
from policies.documents.users import QUARANTINE_POLICY, QUARANTINE_USER, quarantine_user
from policies.documents.writing import PolicyDocument, serialise

__all__ = [
    "QUARANTINE_POLICY", "QUARANTINE_USER", "REVOKE_POLICY", "REVOKE_SESSIONS", "TEMPLATES", "Kind", "PolicyDocument",
    "Template", "quarantine_user", "revoke_sessions", "serialise", "template",
]  # fmt: skip

Template = PrincipalTemplate

TEMPLATES: tuple[Template, ...] = (REVOKE_SESSIONS, QUARANTINE_USER)
"""Those that ``policies revoke`` and the folders of containment files are made of."""


def template(name: str) -> Template:
    """The template of this name; raises KeyError if there is none of it here."""
    return {each.name: each for each in TEMPLATES}[name]
