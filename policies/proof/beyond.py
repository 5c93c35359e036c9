"""What no document of a containment stops.

Source: "GetCallerIdentity" in the AWS STS API Reference, "Granting permissions to create temporary security
credentials" in the IAM User Guide (no policy can keep a user from GetSessionToken), "Tasks and entities not restricted
by SCPs" in the AWS Organizations User Guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policies.placed import Placed
from policies.proof.facts import Facts
from scanner.inventory import User

_ALWAYS = (
    "sts:GetCallerIdentity needs no permission and cannot be denied; nor can what trusts it, such as tokens for "
    "clusters of EKS."
)
_FRESH_SESSIONS = (
    "A user cannot be kept from sts:GetSessionToken; the session that comes of it is denied like every other request "
    "of the user, or is a new one where only old sessions are denied."
)
_SCP = (
    "Service control policies leave out service-linked roles, trusted signers of CloudFront, and a few tasks of root "
    "users, such as registering for support."
)
_RCP = "Resource control policies protect resources of some services only; others need policies of their own."
_INSTANCE = (
    "A Deny by the issuing instance does not follow role chaining, and a few services may not send "
    "ec2:SourceInstanceARN."
)
_SESSION = "A Deny by the name of a session does not follow role chaining: the next session has another name."
_PERSON = "A Deny by the person does not reach sessions of roles that were assumed from the permission set."
_TRUST = (
    "A frozen trust policy leaves the sessions that exist as they are, apart from assuming the role again; everybody "
    "who needs a new session of the role goes without."
)
_ELSEWHERE = "Sessions of other roles that were assumed before are principals of their own: contain these, too."


def beyond(placed: Sequence[Placed], facts: Facts) -> tuple[str, ...]:
    """What is left open, as sentences."""
    return (_ALWAYS, *_by_document(placed, facts))


def _by_document(placed: Sequence[Placed], facts: Facts) -> Iterator[str]:
    layers = {each.layer for each in placed}
    text = "".join(each.document for each in placed).lower()
    if isinstance(facts.principal, User):
        yield _FRESH_SESSIONS
    for layer, sentence in (("scp", _SCP), ("rcp", _RCP), ("trust", _TRUST)):
        if layer in layers:
            yield sentence
    keys = (("ec2:sourceinstancearn", _INSTANCE), ("aws:userid", _SESSION), ("identitystore:userid", _PERSON))
    for key, sentence in keys:
        if f'"{key}"' in text:
            yield sentence
    if facts.principal is not None:
        yield _ELSEWHERE
