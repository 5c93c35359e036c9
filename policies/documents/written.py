"""A template filled in: its documents, as they are put in place, and what they take the place of."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from policies.cutoff import PLACEHOLDER
from policies.documents import holding, instances, persons, protecting, rcps, scps, sessions, users
from policies.documents.template import Place, Template
from policies.documents.writing import NotWritable, PolicyDocument, serialise
from scanner.inventory import Role, User


class Values(msgspec.Struct, frozen=True, kw_only=True):
    """What a template is filled in with.

    Attributes:
        role: as it was read; its trust policy and its boundary are saved, and its unique id is compared with.
        user: as it was read.
        session: the name of a session.
        instance: the ARN of an instance.
        principals: ARNs.
        account_id: of the foreign account.
        source_identity: of the sessions.
        user_id: of the person in IAM Identity Center.
        existing: the present inline policy of the permission set; empty where there is none.
        networks: public addresses of one's own.
        response_role: the name of the response role.
        deployer: the ARN of the role by which the response role is made.
        trust_limit: the account's quota on trust policies.
        cutoff: a time, or the placeholder for one.
        partition: of the account.
    """

    role: Role | None = None
    user: User | None = None
    session: str = ""
    instance: str = ""
    principals: tuple[str, ...] = ()
    account_id: str = ""
    source_identity: str = ""
    user_id: str = ""
    existing: str = ""
    networks: tuple[str, ...] = ()
    response_role: str = protecting.RESPONSE_ROLE
    deployer: str | None = None
    trust_limit: int = 2_048
    cutoff: str = PLACEHOLDER
    partition: str = "aws"


class Written(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One document of a template that was filled in.

    Attributes:
        template: its name.
        layer: where it acts.
        name: of the policy; the ARN of the boundary; empty where such a document has none.
        target: the ARN of the principal, where there is one.
        document: minified JSON.
        previous: what it takes the place of, to be put back; None where nothing is saved.
    """

    template: str
    layer: Place
    name: str
    document: str
    target: str = ""
    previous: str | None = None


def write(template: Template, filled: Values) -> tuple[Written, ...]:
    """The documents of a template; more than one where the principals are many.

    Raises:
        NotWritable: a value is missing, or is none that AWS has, or a document does not fit.
    """
    found = tuple(_WRITERS[template.name](filled))
    for each in found:
        if template.quota is not None and not template.quota.fits(each) and template.layer != "trust":
            raise NotWritable(f"the document is longer than the {template.quota.characters:,} characters of AWS")
    name, saved = _names(template, filled), _previous(template, filled)
    target = filled.role.arn if filled.role else filled.user.arn if filled.user else ""
    return tuple(
        Written(
            template=template.name,
            layer=template.layer,
            name=f"{name}-{number}" if len(found) > 1 else name,
            target=target,
            document=each,
            previous=saved,
        )
        for number, each in enumerate(found, start=1)
    )


def _names(template: Template, filled: Values) -> str:
    if template.layer == "boundary":
        return holding.deny_all_arn(filled.partition)
    return {"trust": "", "permission set": ""}.get(template.layer, _POLICY_NAMES.get(template.name, template.name))


def _previous(template: Template, filled: Values) -> str | None:
    """What is to be put back: of a boundary the ARN of the one before, empty where there was none."""
    if template.layer == "boundary":
        principal = filled.role or filled.user
        return (principal.boundary or "") if principal else None
    if template.layer == "trust" and filled.role:
        return bytes(filled.role.trust).decode()
    return filled.existing if template.layer == "permission set" else None


_POLICY_NAMES = {
    "revoke-sessions": sessions.REVOKE_POLICY,
    "revoke-session": sessions.REVOKE_SESSION_POLICY,
    "isolate-session": sessions.REVOKE_SESSION_POLICY,
    "revoke-instance": sessions.REVOKE_INSTANCE_POLICY,
    "quarantine-user": users.QUARANTINE_POLICY,
    "revoke-user-sessions": users.USER_SESSIONS_POLICY,
    "require-user-mfa": users.USER_SESSIONS_POLICY,
    "scp-contain-principals": "ir-contain-principals",
    "scp-revoke-principals": "ir-revoke-principals",
    "scp-contain-source-identity": "ir-contain-source-identity",
    "scp-contain-person": "ir-contain-person",
    "rcp-contain-account": "ir-contain-account",
}


def role_of(filled: Values) -> Role:
    """The role; raises ``NotWritable`` where none is given."""
    if filled.role is None:
        raise NotWritable("no role is given")
    return filled.role


def _freeze(filled: Values) -> str:
    return holding.freeze_trust(bytes(role_of(filled).trust).decode(), filled.trust_limit)


def _person(filled: Values) -> str:
    return persons.permission_set_revoke_person(filled.user_id, filled.existing or None, filled.cutoff)


def _one(build: Callable[[Values], PolicyDocument]) -> Callable[[Values], Iterable[str]]:
    return lambda filled: (serialise(build(filled)),)


_WRITERS: dict[str, Callable[[Values], Iterable[str]]] = {
    "revoke-sessions": _one(lambda v: sessions.revoke_sessions(v.cutoff)),
    "revoke-session": _one(lambda v: sessions.revoke_session(role_of(v).id, v.session, v.cutoff)),
    "isolate-session": _one(lambda v: sessions.isolate_session(role_of(v).id, v.session)),
    "revoke-instance": _one(lambda v: sessions.revoke_instance(v.instance, v.cutoff)),
    "quarantine-user": _one(lambda _: users.quarantine_user()),
    "revoke-user-sessions": _one(lambda v: users.revoke_user_sessions(v.cutoff)),
    "require-user-mfa": _one(lambda v: users.require_user_mfa(v.cutoff)),
    "deny-all-boundary": _one(lambda _: holding.deny_all_boundary()),
    "freeze-trust": lambda v: (_freeze(v),),
    "scp-contain-principals": lambda v: scps.scp_contain_principals(v.principals),
    "scp-revoke-principals": lambda v: scps.scp_revoke_principals(v.principals, v.cutoff),
    "scp-contain-source-identity": _one(lambda v: scps.scp_contain_source_identity(v.source_identity)),
    "scp-contain-person": _one(lambda v: scps.scp_contain_person(v.user_id)),
    "permission-set-revoke-person": lambda v: (_person(v),),
    "rcp-contain-account": _one(lambda v: rcps.rcp_contain_account(v.account_id)),
    "bind-instance-credentials": _one(lambda v: instances.bind_instance_credentials(v.networks, v.partition)),
    "imdsv2": _one(lambda v: instances.imdsv2(v.response_role, v.partition)),
    "refuse-imdsv1": _one(lambda _: instances.refuse_imdsv1()),
    "imdsv2-defaults": _one(lambda _: instances.imdsv2_defaults()),
    "protect-quarantine": _one(lambda v: protecting.protect_quarantine(v.response_role, v.deployer, v.partition)),
}
