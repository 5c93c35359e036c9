"""Documents that end sessions of a role; each is an inline policy of the role.

Sources: "Revoke IAM role temporary security credentials" and "AWS global condition context keys" in the IAM User Guide;
"Amazon EC2: condition keys" in the Service Authorization Reference.
"""

from __future__ import annotations

from policies.cutoff import PLACEHOLDER
from policies.documents import values
from policies.documents.quotas import INLINE_OF_ROLE
from policies.documents.template import IAM, Effects, PrincipalTemplate
from policies.documents.writing import PolicyDocument, deny, document

REVOKE_POLICY = "AWSRevokeOlderSessions"
"""The inline policy that AWS's console writes: taking its name, the console and guardrift replace each other's."""

REVOKE_SESSION_POLICY = "ir-revoke-session"
"""The inline policy that ends one session, or isolates it: the second takes the place of the first."""

REVOKE_INSTANCE_POLICY = "ir-revoke-instance"
"""The inline policy that ends the sessions that one instance handed out."""

_REVOKING = f"{IAM}id_roles_use_revoke-sessions.html"
_KEYS = f"{IAM}reference_policies_condition-keys.html"
_KEEP = "Until every session from before the cutoff has expired: 12 hours after it, the longest role session."
_INLINE = "As the inline policy {name} of the role: aws iam put-role-policy."

REVOKE_SESSIONS = PrincipalTemplate(
    name="revoke-sessions",
    title="Revoke the sessions of a role",
    applies_to="role",
    layer="inline",
    quota=INLINE_OF_ROLE,
    description=(
        "Denies everything to the sessions of the role that were issued before the cutoff. Sessions issued later work "
        "as before, so close the way by which they were stolen first, and revoke once more when it is closed."
    ),
    keep=_KEEP,
    place=_INLINE.format(name=REVOKE_POLICY),
    breaks="Every holder of an old session, workloads too, until they fetch new credentials.",
    effects=Effects(
        old_session="denied",
        new_session="as before",
        others="Roles that such a session has assumed keep their own sessions: revoke those, too.",
    ),
    needs=("role",),
    file="revoke.json",
    sources=(_REVOKING,),
)

REVOKE_SESSION = PrincipalTemplate(
    name="revoke-session",
    title="Revoke one session of a role",
    applies_to="role",
    layer="inline",
    quota=INLINE_OF_ROLE,
    description=(
        "Denies everything to the sessions of one name that were issued before the cutoff. Use it only where a service "
        "gives the name: the id of an instance for EC2, the name of a function for Lambda, the name of a person for "
        "IAM Identity Center. Whoever calls AssumeRole chooses the name, and takes another one the next time. The "
        "unique id of the role is part of the document, so a role that was made anew under its name is not touched."
    ),
    keep=_KEEP,
    place=_INLINE.format(name=REVOKE_SESSION_POLICY),
    breaks="The one workload or person of that name, until it fetches new credentials.",
    effects=Effects(
        old_session="denied",
        new_session="as before",
        others="Sessions of the role under other names work as before, those of the thief among them if he chose one.",
    ),
    needs=("role", "session"),
    file="revoke-session.json",
    sources=(_REVOKING, _KEYS),
)

ISOLATE_SESSION = PrincipalTemplate(
    name="isolate-session",
    title="Isolate one session of a role",
    applies_to="role",
    layer="inline",
    quota=INLINE_OF_ROLE,
    description=(
        "Denies everything to every session of one name, those issued later too: an instance whose session carries its "
        "id stays without rights even after its credentials are renewed. Use it only where a service gives the name."
    ),
    keep="Until the instance is rebuilt, or whatever bears the name is clean.",
    place=_INLINE.format(name=REVOKE_SESSION_POLICY),
    breaks="The one workload or person of that name, until the policy is removed: new credentials do not help.",
    effects=Effects(
        old_session="denied",
        new_session="denied",
        others="Sessions of the role under other names work as before.",
    ),
    needs=("role", "session"),
    file="isolate-session.json",
    sources=(_KEYS,),
)

REVOKE_INSTANCE = PrincipalTemplate(
    name="revoke-instance",
    title="Revoke the sessions that one instance handed out",
    applies_to="role",
    layer="inline",
    quota=INLINE_OF_ROLE,
    description=(
        "Denies everything to the credentials that EC2 gave to one instance before the cutoff, wherever they are used. "
        "Other instances with the role work as before. It does not follow the credentials into a role that was assumed "
        "with them: the key ec2:SourceInstanceARN is lost there."
    ),
    keep="Until the credentials have expired: 6 hours after the cutoff; 12 hours are on the safe side.",
    place=_INLINE.format(name=REVOKE_INSTANCE_POLICY),
    breaks="The instance itself, until it has new credentials; a reboot does not renew them.",
    effects=Effects(
        old_session="denied",
        new_session="as before",
        others="Sessions of the role that the instance did not hand out work as before.",
    ),
    needs=("role", "instance"),
    file="revoke-instance.json",
    sources=(_KEYS,),
)


def revoke_sessions(cutoff: str = PLACEHOLDER) -> PolicyDocument:
    """Deny everything to sessions issued before the cutoff, in the form that AWS's console writes.

    Requests signed with a long-term access key carry no ``aws:TokenIssueTime``, so they are not denied.
    """
    return document({"Effect": "Deny", "Action": ["*"], "Resource": ["*"], "Condition": issued_before(cutoff)})


def revoke_session(role_id: str, session: str, cutoff: str = PLACEHOLDER) -> PolicyDocument:
    """Deny everything to the sessions of one name that were issued before the cutoff."""
    return document(deny("IrRevokeOneSession", {**_named(role_id, session), **issued_before(cutoff)}))


def isolate_session(role_id: str, session: str) -> PolicyDocument:
    """Deny everything to every session of one name."""
    return document(deny("IrIsolateSession", _named(role_id, session)))


def revoke_instance(instance_arn: str, cutoff: str = PLACEHOLDER) -> PolicyDocument:
    """Deny everything to the credentials that an instance handed out before the cutoff."""
    of_instance = {"ArnEquals": {"ec2:SourceInstanceARN": values.instance_arn(instance_arn)}}
    return document(deny("IrRevokeInstance", {**of_instance, **issued_before(cutoff)}))


def issued_before(cutoff: str) -> dict[str, dict[str, str]]:
    """The condition that a request is signed by a session issued before the cutoff."""
    return {"DateLessThan": {"aws:TokenIssueTime": values.cutoff(cutoff)}}


def is_session_of_instance(session: str) -> bool:
    """Whether a session is named as EC2 names those of instances; a caller of AssumeRole can choose such a name."""
    start, dash, digits = session.partition("-")
    return start == "i" and bool(dash) and len(digits) in (8, 17) and not digits.strip("0123456789abcdef")


def _named(role_id: str, session: str) -> dict[str, dict[str, str]]:
    """The condition that a request comes from the session; StringEquals knows no wildcards."""
    return {"StringEquals": {"aws:userid": f"{values.role_id(role_id)}:{values.session_name(session)}"}}
