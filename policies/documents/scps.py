"""Service control policies that contain, from the organization: out of reach for whoever administrates the account.

Sources: "Service control policies (SCPs)", "SCP syntax" and "Quotas and service limits" in the AWS Organizations User
Guide; "AWS global condition context keys" in the IAM User Guide; "Revoke access for deleted users" in the IAM Identity
Center User Guide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from policies.cutoff import PLACEHOLDER
from policies.documents import values
from policies.documents.quotas import SCP
from policies.documents.sessions import issued_before
from policies.documents.template import IAM, ORGANIZATIONS, Effects, Template
from policies.documents.writing import NotWritable, PolicyDocument, deny, document, serialise

_SCPS = f"{ORGANIZATIONS}orgs_manage_policies_scps.html"
_KEYS = f"{IAM}reference_policies_condition-keys.html"
_PERSON = "https://docs.aws.amazon.com/singlesignon/latest/userguide/authconcept-revoke-access.html"
_PLACE = (
    "In the management account, or the one that it delegated policies to: aws organizations create-policy --type "
    "SERVICE_CONTROL_POLICY, then attach-policy to the account of the principals."
)
_LIMITS = (
    "It does not bind the management account, nor service-linked roles; a session of GetFederationToken has an ARN of "
    "its own, so quarantine a user in IAM, too."
)

SCP_CONTAIN_PRINCIPALS = Template(
    name="scp-contain-principals",
    title="Deny principals everything, from the organization",
    applies_to="principals",
    layer="scp",
    quota=SCP,
    description=(
        "Denies everything to roles, users and root users by their ARNs, whatever the credential. The choice for a "
        "principal that can change IAM: it cannot take off what lies outside of its account. " + _LIMITS
    ),
    keep="Until the principals are contained in IAM, and can no longer free themselves; detach it last.",
    place=_PLACE,
    breaks="Everything that uses these principals, those of the same ARN that are made anew included.",
    effects=Effects(
        old_session="denied",
        new_session="denied",
        long_term_key="denied",
        others="Roles that they have assumed keep their sessions: name those roles, too.",
    ),
    needs=("principal",),
    file="scp-contain-principals.json",
    sources=(_SCPS, _KEYS),
)

SCP_REVOKE_PRINCIPALS = Template(
    name="scp-revoke-principals",
    title="Revoke the sessions of principals, from the organization",
    applies_to="principals",
    layer="scp",
    quota=SCP,
    description=(
        "Denies everything to the sessions of roles and users that were issued before the cutoff. New sessions work, "
        "and so do access keys, which carry no time of issue: deactivate those. " + _LIMITS
    ),
    keep="Until every session from before the cutoff has expired: 12 hours after it for roles, 36 for users.",
    place=_PLACE,
    breaks="Every holder of an old session, until new credentials are fetched.",
    effects=Effects(
        old_session="denied",
        new_session="as before",
        long_term_key="as before",
        others="Roles that they have assumed keep their sessions: name those roles, too.",
    ),
    needs=("principal",),
    file="scp-revoke-principals.json",
    sources=(_SCPS, _KEYS),
)

SCP_CONTAIN_SOURCE_IDENTITY = Template(
    name="scp-contain-source-identity",
    title="Deny everything to a source identity",
    applies_to="person",
    layer="scp",
    quota=SCP,
    description=(
        "Denies everything to sessions of one source identity, in whichever role: it is kept from role to role, and "
        "cannot be changed on the way. It stops only who carries it, so it is worth as much as the trust policies that "
        "demand it. It does not bind the management account."
    ),
    keep="Until the person's credentials are replaced, and 12 hours after the last session was issued.",
    place=_PLACE,
    breaks="All sessions of that person, or of that program.",
    effects=Effects(
        old_session="denied",
        new_session="denied",
        long_term_key="as before",
        others="Sessions without this source identity work as before; requests of a long-term key have none.",
    ),
    needs=("source-identity",),
    file="scp-contain-source-identity.json",
    sources=(_SCPS, f"{IAM}id_credentials_temp_control-access_monitor.html"),
)

SCP_CONTAIN_PERSON = Template(
    name="scp-contain-person",
    title="Deny everything to a person of IAM Identity Center",
    applies_to="person",
    layer="scp",
    quota=SCP,
    description=(
        "Denies everything to the sessions that one person of IAM Identity Center has by permission sets, in every "
        "account that it is attached to. Disabling the person does not end these sessions. It does not bind the "
        "management account: there, use the permission set. Whether the key is kept when such a session assumes "
        "another role is not documented: revoke those roles."
    ),
    keep="Until the person is disabled, and 12 hours after: the longest session of a permission set.",
    place=_PLACE + " For a person, attach it to the root of the organization or to the units with assignments.",
    breaks="Nobody but that person.",
    effects=Effects(old_session="denied", new_session="denied", others="Other people in the permission set go on."),
    needs=("user-id",),
    file="scp-contain-person.json",
    sources=(_SCPS, _PERSON),
)


def scp_contain_principals(arns: Iterable[str]) -> tuple[str, ...]:
    """Deny everything to principals; as many documents as it takes, the same for the same ARNs in any order."""
    return _split(arns, lambda patterns: document(deny("IrContain", _are(patterns))))


def scp_revoke_principals(arns: Iterable[str], cutoff: str = PLACEHOLDER) -> tuple[str, ...]:
    """Deny everything to the sessions of principals that were issued before the cutoff."""
    before = issued_before(cutoff)
    return _split(arns, lambda patterns: document(deny("IrContainOld", {**_are(patterns), **before})))


def scp_contain_source_identity(source_identity: str) -> PolicyDocument:
    """Deny everything to sessions of a source identity."""
    who = values.source_identity(source_identity)
    return document(deny("IrContainChain", {"StringEquals": {"aws:SourceIdentity": who}}))


def scp_contain_person(user_id: str) -> PolicyDocument:
    """Deny everything to a person of IAM Identity Center."""
    return document(deny("IrContainPerson", {"StringEquals": {"identitystore:UserId": values.user_id(user_id)}}))


def _are(patterns: list[str]) -> dict[str, dict[str, list[str]]]:
    return {"ArnEquals": {"aws:PrincipalArn": patterns}}


def _split(arns: Iterable[str], write: Callable[[list[str]], PolicyDocument]) -> tuple[str, ...]:
    patterns = sorted({values.principal_arn(arn) for arn in arns})
    if not patterns:
        raise NotWritable("no principal is named, and an SCP without one would deny everybody or nobody")
    return tuple(serialise(write(chunk)) for chunk in _chunks(patterns, SCP.size(serialise(write([])))))


def _chunks(patterns: list[str], frame: int) -> Iterator[list[str]]:
    """The patterns in order, as many at a time as fit into one document beside its frame."""
    chunk: list[str] = []
    used = frame
    for pattern in patterns:
        # With quotation marks, what JSON escapes, and a comma.
        size = len(serialise({"": pattern})) - len('{"":}') + 1
        if chunk and used + size > SCP.characters:
            yield chunk
            chunk, used = [], frame
        chunk.append(pattern)
        used += size
    yield chunk
