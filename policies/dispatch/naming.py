"""Subjects from what a person types: a name, an ARN, an id.

Source: "IAM identifiers" in the IAM User Guide for the forms of names, ARNs and unique ids.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from policies.dispatch.forms import FEDERATED, INSTANCE, PERSON, SESSION
from policies.subjects import Subject

Named = Literal["role", "user", "access-key", "session", "instance", "person"]
"""By what a subject is named, as the options of the command line are called."""

_NAME = re.compile(r"/?(?:[!-.0-~]+/)*(?P<name>[A-Za-z0-9_+=,.@-]{1,64})")
_IAM_ARN = re.compile(r"arn:aws[a-z-]*:iam::(?P<account>[0-9]{12}):(?P<kind>role|user)/(?P<rest>[!-~]+)")
_SESSION_ARN = re.compile(
    r"arn:aws[a-z-]*:sts::(?P<account>[0-9]{12}):(?P<kind>assumed-role|federated-user)/(?P<rest>[!-~]+)"
)
_ROOT_ARN = re.compile(r"arn:aws[a-z-]*:iam::(?P<account>[0-9]{12}):root")
_USER_ID = re.compile(r"(?P<id>(?P<prefix>AROA|AIDA)[A-Z0-9]{12,124})(?::(?P<session>[A-Za-z0-9_+=,.@-]{2,64}))?")
_FEDERATED_ID = re.compile(r"(?P<account>[0-9]{12}):(?P<name>[A-Za-z0-9_+=,.@-]{2,32})")
_KEY = re.compile(r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,124}")
_FORMS = {
    "role": "the name of a role, or its ARN or that of a session of it",
    "user": "the name of a user, or its ARN",
    "access-key": "the id of an access key, such as AKIA... or ASIA...",
    "session": "the ARN of a session, or AROA...:SESSION",
    "instance": "the id of an instance, such as i-0123456789abcdef0",
    "person": "the id of a user in the identity store",
}


def named_subject(by: Named, text: str) -> Subject:
    """The subject that a text names.

    Raises:
        ValueError: the text is not of a form that AWS has for this.
    """
    found = _READERS[by](text)
    if found is None:
        raise ValueError(f"{text[:200]!r} is not {_FORMS[by]}")
    return found


def _role(text: str) -> Subject | None:
    return _principal("role", text) or _session_arn(text, "assumed-role")


def _user(text: str) -> Subject | None:
    return _principal("user", text)


def _principal(kind: Literal["role", "user"], text: str) -> Subject | None:
    arn = _IAM_ARN.fullmatch(text)
    if arn is not None:
        name = _NAME.fullmatch(arn["rest"])
        if arn["kind"] != kind or name is None:
            return None
        return Subject(kind=kind, account_id=arn["account"], name=name["name"], arn=text)
    unique = _USER_ID.fullmatch(text)
    if unique is not None and unique["prefix"] == ("AROA" if kind == "role" else "AIDA"):
        session = unique["session"]
        return Subject(kind=kind, unique_id=unique["id"], session=session, instance=_instance_in(session))
    name = _NAME.fullmatch(text)
    return Subject(kind=kind, name=name["name"]) if name is not None and not text.startswith("arn:") else None


def _session_arn(text: str, *kinds: str) -> Subject | None:
    found = _SESSION_ARN.fullmatch(text)
    if found is None or found["kind"] not in kinds:
        return None
    name, _, session = found["rest"].partition("/")
    if found["kind"] == "federated-user":
        if not FEDERATED.fullmatch(found["rest"]):
            return None
        return Subject(kind="federated-user", account_id=found["account"], name=found["rest"], arn=text)
    if not _NAME.fullmatch(name) or not SESSION.fullmatch(session):
        return None
    return Subject(
        kind="role", account_id=found["account"], name=name, arn=text, session=session, instance=_instance_in(session)
    )


def _session(text: str) -> Subject | None:
    root = _ROOT_ARN.fullmatch(text)
    if root is not None:
        return Subject(kind="root", account_id=root["account"], arn=text)
    unique = _USER_ID.fullmatch(text)
    if unique is not None:
        session = unique["session"]
        if unique["prefix"] == "AIDA":
            return Subject(kind="user", unique_id=unique["id"]) if session is None else None
        return Subject(kind="role", unique_id=unique["id"], session=session, instance=_instance_in(session))
    federated = _FEDERATED_ID.fullmatch(text)
    if federated is not None:
        return Subject(kind="federated-user", account_id=federated["account"], name=federated["name"])
    return _session_arn(text, "assumed-role", "federated-user")


def _instance_in(session: str | None) -> str | None:
    return session if session is not None and INSTANCE.fullmatch(session) else None


def _key(text: str) -> Subject | None:
    return Subject(kind="unknown", access_key=text) if _KEY.fullmatch(text) else None


def _instance(text: str) -> Subject | None:
    return Subject(kind="role", instance=text) if INSTANCE.fullmatch(text) else None


def _person(text: str) -> Subject | None:
    return Subject(kind="person", user_id=text) if PERSON.fullmatch(text) else None


_READERS: dict[Named, Callable[[str], Subject | None]] = {
    "role": _role,
    "user": _user,
    "access-key": _key,
    "session": _session,
    "instance": _instance,
    "person": _person,
}
