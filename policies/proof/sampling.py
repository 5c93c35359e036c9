"""Decisions of the evaluator on a sample of requests: a second look at what was proven of the statements.

The requests are unlike each other on purpose: with MFA, by way of a service, on the principal itself, of an action that
nobody knows. To see that a Deny beats every Allow, all layers that could grant are given as if they granted everything,
the policy of the resource to the session by name.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from policies.proof.facts import Facts
from policies.proof.putting import Put
from policies.proof.signers import Form
from scanner.containment import scps_in_force
from scanner.iam.context import Context, Values
from scanner.iam.decision import Decision
from scanner.iam.documents import parse
from scanner.iam.evaluation import decide
from scanner.iam.request import Policies, Request
from scanner.iam.sources import Holdings, Source, policies_of
from scanner.inventory import Document

_GRANT = Document(b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}')
_NAMED = Document(
    b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}'
)
_EVERYTHING = Source("identity", "everything", parse(_GRANT))
_LEVEL = Source("scp", "FullAWSAccess", parse(_GRANT))
_OF_RESOURCE = Source("resource_policy", "a policy of the resource that names the session", parse(_NAMED))
_NONE = Holdings(())


class Sample(msgspec.Struct, frozen=True):
    """One request.

    Attributes:
        resource: with ``{account}`` for the account, ``{principal}`` for the ARN of the principal.
        said: keys of the request.
    """

    action: str
    resource: str
    said: dict[str, Values] = {}


_SAMPLES = (
    Sample("s3:GetObject", "arn:aws:s3:::zq0-bucket/key", {"aws:multifactorauthpresent": ("true",)}),
    Sample("iam:DeleteRolePolicy", "{principal}", {"aws:multifactorauthpresent": ("false",)}),
    Sample("kms:Decrypt", "arn:aws:kms:eu-west-1:{account}:key/zq0", {"aws:viaawsservice": ("true",)}),
    Sample("zq0:Unheard", "*", {"aws:sourceip": ("198.51.100.77",)}),
)
_OF_RCP = (
    Sample("s3:GetObject", "arn:aws:s3:::zq0-bucket/key"),
    Sample("kms:Decrypt", "arn:aws:kms:eu-west-1:{account}:key/zq0"),
    Sample("sqs:ReceiveMessage", "arn:aws:sqs:eu-west-1:{account}:zq0", {"aws:sourceip": ("198.51.100.77",)}),
    Sample("sts:AssumeRole", "arn:aws:iam::{account}:role/zq0"),
)
_FEW = 2
_OTHER = "-zq0-other"


def refused(puts: Sequence[Put], form: Form, context: Context, facts: Facts) -> tuple[int, Decision | None]:
    """How many requests were asked of a signer that is denied everything, and one that was not refused."""
    acting = _acting(puts, form, facts)
    of_rcp = any(each.placed.layer == "rcp" for each in acting)
    for count, sample in enumerate(_OF_RCP if of_rcp else _SAMPLES, start=1):
        request = _request(sample, form, context, facts, of_rcp=of_rcp)
        decision = decide(request, _granting(acting, facts))
        if decision.decision != "no":
            return count, decision
    return len(_OF_RCP if of_rcp else _SAMPLES), None


def as_before(puts: Sequence[Put], form: Form, context: Context, facts: Facts) -> tuple[int, Decision | None]:
    """How many requests were asked of a signer for whom nothing changes, and one that is decided otherwise now."""
    acting = _acting(puts, form, facts)
    if not acting:
        # Nothing of what is asked would differ.
        return 0, None
    held = _held(acting, form, facts)
    changed = _with(acting, held)
    count = 0
    for sample in _SAMPLES[:_FEW]:
        request = _request(sample, form, context, facts, of_rcp=False)
        old, new = decide(request, held), decide(request, changed)
        count += 2
        if (old.decision, _hangs_on(old)) != (new.decision, _hangs_on(new)):
            return count, new
    return count, None


def _hangs_on(decision: Decision) -> frozenset[tuple[str, str, tuple[str, ...]]]:
    return frozenset((each.effect, each.key, each.values) for each in decision.conditions)


def _acting(puts: Sequence[Put], form: Form, facts: Facts) -> list[Put]:
    return [each for each in puts if each.reaches(form, facts) and not each.idle]


def _request(sample: Sample, form: Form, context: Context, facts: Facts, *, of_rcp: bool) -> Request:
    account = facts.account.account_id
    principal = facts.principal.arn if facts.principal is not None else facts.root_arn
    resource = sample.resource.format(account=account, principal=principal)
    settled = context.known.keys() | context.absent
    said = {key: values for key, values in sample.said.items() if key not in settled}
    for key, values in form.differs.items():
        if values and key not in settled:
            said[key] = (f"{min(values)}{_OTHER}",)
    if of_rcp:
        said["aws:resourceaccount"] = (account,)
    return Request(form.caller, sample.action, resource, context.with_request(said))


def _granting(acting: Sequence[Put], facts: Facts) -> Policies:
    """Everything granted, but for the documents."""
    levels = ((_LEVEL,),)
    bare = Policies(
        identity=(_EVERYTHING,),
        resource=_OF_RESOURCE,
        resource_is_known=True,
        scps=levels,
        resource_account=facts.account.account_id,
    )
    return _with(acting, bare)


def _held(acting: Sequence[Put], form: Form, facts: Facts) -> Policies:
    """What the account holds of the signer."""
    held, principal = policies_of(facts.account), facts.principal
    identity, boundary = _NONE, _NONE
    if form.is_own and principal is not None:
        identity, boundary = held.identity(principal), held.boundary(principal)
    # The roles of a permission set may not have been read, but what its document takes the place of was.
    written = [each for each in acting if each.placed.layer == "permission set"]
    told = tuple(Source("identity", each.name, each.before) for each in written if each.before is not None)
    return Policies(
        identity=(*identity.sources, *told),
        boundary=boundary.sources[0] if boundary.sources else None,
        scps=scps_in_force(facts.account) or ((_LEVEL,),),
        unread_identity=identity.unread,
        unread_boundary="; ".join(boundary.unread),
        resource_is_known=True,
        resource_account=facts.account.account_id,
    )


def _with(acting: Sequence[Put], policies: Policies) -> Policies:
    """Policies with the documents in their places."""
    identity, boundary, scps, rcps = policies.identity, policies.boundary, policies.scps, policies.rcps
    for each in acting:
        if each.placed.layer == "boundary":
            boundary = each.source
        elif each.placed.layer == "scp":
            scps = (*(scps or ()), (_LEVEL, each.source))
        elif each.placed.layer == "rcp":
            rcps = (*(rcps or ()), (each.source,))
        else:
            kept = tuple(one for one in identity if each.before is None or one.policy is not each.before)
            identity = (*kept, each.source)
    return msgspec.structs.replace(policies, identity=identity, boundary=boundary, scps=scps, rcps=rcps)
