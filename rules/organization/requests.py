"""What the policies of an organization leave to an administrator of one of its accounts, by requests made up for it.

The effect of policies is asked, never their number or their text: a request of a principal that its own policies allow
everything is put to the evaluator with the service and resource control policies that are in force for the account.
The principal has no tags and no name that an exception could mean, it uses no MFA, and it calls from the internet.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Literal

import msgspec

from scanner.iam.caller import Caller, other_caller, role_caller
from scanner.iam.context import Values
from scanner.iam.decision import Decision
from scanner.iam.documents import parse
from scanner.iam.evaluation import decide
from scanner.iam.formula import Verdict
from scanner.iam.in_force import Levels, levels_in_force
from scanner.iam.request import Policies, Request
from scanner.iam.sources import Source
from scanner.inventory import Account, Document, Gap, Role, Undetermined, known

PROBE = "guardrift-probe-4c1f"
"""The name of principals and resources that are made up."""

_ALLOWS_ALL = Document(b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}')
_ADMITS_ALL = Document(
    b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}'
)
_TRUSTS_NOBODY = Document(b'{"Version":"2012-10-17","Statement":[]}')
_OUTSIDER = "999900001111"
_TYPES: dict[Literal["scp", "rcp"], str] = {"scp": "SERVICE_CONTROL_POLICY", "rcp": "RESOURCE_CONTROL_POLICY"}

_FROM_THE_INTERNET: dict[str, Values] = {
    "aws:sourceip": ("203.0.113.7",),
    "aws:viaawsservice": ("false",),
    "aws:securetransport": ("true",),
    "aws:multifactorauthpresent": ("false",),
}
_NOT_OF_A_THIEF = frozenset({
    "aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn", "aws:vpcsourceip", "aws:vpceaccount", "aws:vpceorgid",
    "aws:vpceorgpaths", "aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:multifactorauthage",
    "aws:sourceidentity", "aws:federatedprovider", "aws:assumedroot", "aws:principalservicename", "aws:sourceaccount",
    "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths", "lambda:sourcefunctionarn", "identitystore:userid",
})  # fmt: skip
_WITHOUT_TAGS = ("aws:resourcetag/", "ec2:resourcetag/", "iam:resourcetag/", "s3:existingobjecttag/")
"""What is made up has no tags."""

_CHOSEN_BY_CALLERS = ("aws:requesttag/", "aws:tagkeys", "aws:useragent", "aws:referer", "ec2:", "lambda:", "s3:")
"""Keys, or beginnings of them, by which a request says what is asked for: a thief asks for what is allowed."""

_LAUNCHES = ("lambda:CreateFunction", "s3:CreateBucket", "sagemaker:CreateTrainingJob")
"""What a thief does in a region besides launching instances."""

_OF_INSTANCES = frozenset({
    "ec2:sourceinstancearn", "ec2:roledelivery", "aws:ec2instancesourcevpc", "aws:ec2instancesourceprivateipv4",
})  # fmt: skip


def answer(decision: Decision) -> Verdict:
    """Yes, no, or only if: what hangs on nothing but what the caller chooses is a yes."""
    if decision.decision == "only_if" and decision.conditions:
        # Whoever comes from another organization writes the tags of the principal, too.
        chosen = (*_CHOSEN_BY_CALLERS, *(("aws:principaltag/",) if _OUTSIDER in decision.principal else ()))
        if all(each.key.lower().startswith(chosen) for each in decision.conditions):
            return "yes"
    return decision.decision


def levels(account: Account, layer: Literal["scp", "rcp"]) -> Levels:
    """The policies of a kind that are in force for the account, the root first.

    Raises:
        Undetermined: not all of them were read.
    """
    found = levels_in_force(account, layer)
    if found is not None:
        return found
    facts = account.organization
    known(facts.membership)
    tree = known(facts.tree)
    if tree is not None:
        if not any(_TYPES[layer] in root.enabled_policy_types for root in tree.roots):
            # A kind that is switched on in no root binds nobody, whatever else could not be read.
            return ()
        known(tree.units)
    known(facts.accounts)
    for policy in known(facts.policies):
        if policy.type == _TYPES[layer]:
            known(policy.targets)
            known(policy.content)
    raise Undetermined("the place of the account in its organization is not known")


def by_administrator(
    account: Account, scps: Levels, action: str, resource: str = "*", said: Mapping[str, Values] | None = None
) -> Decision:
    """Whether a role of the account that its own policies allow everything may do something."""
    arn = f"arn:{account.partition}:iam::{account.account_id}:role/{PROBE}"
    role = Role(name=PROBE, arn=arn, id="AROA4C1F4C1F4C1F4C1F4", trust=_TRUSTS_NOBODY)
    return _decided(account, role_caller(role), scps, action, resource, said or {})


def by_root(account: Account, scps: Levels, action: str, resource: str, said: Mapping[str, Values]) -> Decision:
    """Whether the root user of the account may do something."""
    caller = other_caller(f"arn:{account.partition}:iam::{account.account_id}:root")
    return _decided(account, caller, scps, action, resource, said)


def by_outsider(account: Account, rcps: Levels, action: str, resource: str) -> Decision:
    """Whether a principal of a foreign organization gets what a resource of the account offers to everyone."""
    caller = other_caller(f"arn:{account.partition}:iam::{_OUTSIDER}:user/{PROBE}")
    context = caller.context.with_request(
        {
            **_FROM_THE_INTERNET,
            "aws:principalorgid": ("o-4c1f4c1f4c",),
            "aws:principalorgpaths": ("o-4c1f4c1f4c/r-4c1f/",),
            "aws:resourceaccount": (account.account_id,),
            **_own_organization(account, "aws:resourceorgid"),
        },
        absent=_NOT_OF_A_THIEF | _OF_INSTANCES,
    )
    context = msgspec.structs.replace(context, absent_families=_WITHOUT_TAGS)
    policies = Policies(
        identity=(Source("identity", "what the outsider is allowed", parse(_ALLOWS_ALL)),),
        resource=Source("resource_policy", "a policy that admits everyone", parse(_ADMITS_ALL)),
        resource_is_known=True,
        resource_account=account.account_id,
        scps=(),
        rcps=rcps,
    )
    return decide(Request(caller, action, resource, context), policies)


def is_closed(account: Account, region: str) -> bool:
    """Whether it is proven that no administrator of the account can start anything in a region."""
    scps = levels_in_force(account, "scp")
    if not scps or launches_in(account, scps, region).decision != "no":
        return False
    said = {"aws:requestedregion": (region,)}
    return all(by_administrator(account, scps, action, said=said).decision == "no" for action in _LAUNCHES)


def launches_in(account: Account, scps: Levels, region: str) -> Decision:
    """Whether an administrator of the account may launch an instance in a region."""
    resource = f"arn:{account.partition}:ec2:{region}:{account.account_id}:instance/*"
    return by_administrator(account, scps, "ec2:RunInstances", resource, {"aws:requestedregion": (region,)})


def open_region(account: Account, scps: Levels) -> str:
    """A region in which work may be done at all, so that a closed region does not look like a guardrail."""
    home = home_of_global_services(account)
    names = (*(region.name for region in account.regions), home)
    return next((name for name in names if launches_in(account, scps, name).decision != "no"), home)


def home_of_global_services(account: Account) -> str:
    """The region that requests to IAM and AWS Organizations name."""
    return {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}.get(account.partition, "us-east-1")


def _decided(
    account: Account, caller: Caller, scps: Levels, action: str, resource: str, said: Mapping[str, Values]
) -> Decision:
    now = account.taken_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    known_keys: dict[str, Values] = {
        **_FROM_THE_INTERNET,
        **_own_organization(account, "aws:principalorgid", "aws:resourceorgid"),
        "aws:resourceaccount": (account.account_id,),
        "aws:tokenissuetime": (now,),
        "aws:currenttime": (now,),
        **said,
    }
    if caller.kind == "root":
        del known_keys["aws:tokenissuetime"]
    context = caller.context.with_request(known_keys, absent=(_NOT_OF_A_THIEF | _OF_INSTANCES) - said.keys())
    context = msgspec.structs.replace(context, absent_families=(*context.absent_families, *_WITHOUT_TAGS))
    policies = Policies(
        identity=(Source("identity", "what the administrator is allowed", parse(_ALLOWS_ALL)),),
        resource_is_known=True,
        scps=scps,
        rcps=(),
    )
    return decide(Request(caller, action, resource, context), policies)


def _own_organization(account: Account, *keys: str) -> dict[str, Values]:
    membership = account.organization.membership
    if membership is None or isinstance(membership, Gap):
        return {}
    return dict.fromkeys(keys, (membership.id,))
