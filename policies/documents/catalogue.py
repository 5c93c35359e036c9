"""Every template, in the order in which they are listed."""

from __future__ import annotations

from policies.documents.holding import DENY_ALL_BOUNDARY, FREEZE_TRUST
from policies.documents.instances import BIND_INSTANCE_CREDENTIALS, IMDSV2, IMDSV2_DEFAULTS, REFUSE_IMDSV1
from policies.documents.persons import PERMISSION_SET_REVOKE_PERSON
from policies.documents.protecting import PROTECT_QUARANTINE
from policies.documents.rcps import RCP_CONTAIN_ACCOUNT
from policies.documents.scps import (
    SCP_CONTAIN_PERSON,
    SCP_CONTAIN_PRINCIPALS,
    SCP_CONTAIN_SOURCE_IDENTITY,
    SCP_REVOKE_PRINCIPALS,
)
from policies.documents.sessions import ISOLATE_SESSION, REVOKE_INSTANCE, REVOKE_SESSION, REVOKE_SESSIONS
from policies.documents.template import Template
from policies.documents.users import QUARANTINE_USER, REQUIRE_USER_MFA, REVOKE_USER_SESSIONS

CONTAINING: tuple[Template, ...] = (
    REVOKE_SESSIONS, REVOKE_SESSION, ISOLATE_SESSION, REVOKE_INSTANCE, QUARANTINE_USER, REVOKE_USER_SESSIONS,
    REQUIRE_USER_MFA, DENY_ALL_BOUNDARY, FREEZE_TRUST, SCP_CONTAIN_PRINCIPALS, SCP_REVOKE_PRINCIPALS,
    SCP_CONTAIN_SOURCE_IDENTITY, SCP_CONTAIN_PERSON, PERMISSION_SET_REVOKE_PERSON, RCP_CONTAIN_ACCOUNT,
)  # fmt: skip
"""Those that contain now."""

GUARDING: tuple[Template, ...] = (
    BIND_INSTANCE_CREDENTIALS, IMDSV2, REFUSE_IMDSV1, IMDSV2_DEFAULTS, PROTECT_QUARANTINE,
)  # fmt: skip
"""Those of the organization to have before."""

DOCUMENTS: tuple[Template, ...] = (*CONTAINING, *GUARDING)
"""Every template of one document."""


def named(name: str) -> Template:
    """The template of this name; raises KeyError if there is none."""
    return {each.name: each for each in DOCUMENTS}[name]
