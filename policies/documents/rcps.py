"""The resource control policy that keeps a foreign account away from what is ours.

Source: "Resource control policies (RCPs)" and "RCP syntax" in the AWS Organizations User Guide: the principal is ``*``,
every action names a service that supports these policies, and they can only deny.
"""

from __future__ import annotations

from collections.abc import Iterable

from policies.documents import values
from policies.documents.quotas import RCP
from policies.documents.template import ORGANIZATIONS, Effects, Template
from policies.documents.writing import NotWritable, PolicyDocument, deny, document
from scanner.iam.organization import RCP_SERVICES

_PAGE = f"{ORGANIZATIONS}orgs_manage_policies_rcps.html"

SERVICES = tuple(sorted(RCP_SERVICES))
"""The services to whose resources such policies apply."""

FIRST_SERVICES = ("kms", "s3", "secretsmanager", "sqs", "sts")
"""Those from the beginning; in a partition that lacks some of the others, Organizations may refuse the longer list."""

RCP_CONTAIN_ACCOUNT = Template(
    name="rcp-contain-account",
    title="Keep a foreign account away from our resources",
    applies_to="foreign account",
    layer="rcp",
    quota=RCP,
    description=(
        "Denies to every principal of an account outside of the organization whatever the resource policies, trust "
        "policies and key policies of ours allow it, in the services that support resource control policies. Use it "
        "against the account of a thief, or a partner that was broken into. It does not stop credentials of ours that "
        "are used from there, which are principals of ours; nor does it bind resources of the management account."
    ),
    keep="Until no resource of ours names the account any more; look through trust, bucket and key policies for it.",
    place=(
        "In the management account, or the one that it delegated policies to: aws organizations create-policy --type "
        "RESOURCE_CONTROL_POLICY, then attach-policy to the root, a unit or an account."
    ),
    breaks="Whatever that account does for us on purpose.",
    effects=Effects(
        old_session="denied",
        new_session="denied",
        long_term_key="denied",
        others="Services without such policies are not covered, nor what the account does in its own resources.",
    ),
    needs=("account-id",),
    file="rcp-contain-account.json",
    sources=(_PAGE, f"{ORGANIZATIONS}orgs_manage_policies_rcps_syntax.html"),
)


def rcp_contain_account(account_id: str, services: Iterable[str] = SERVICES) -> PolicyDocument:
    """Deny everything on our resources to the principals of a foreign account.

    Raises:
        NotWritable: that is no account id, or a service does not support resource control policies.
    """
    chosen = sorted(set(services))
    unsupported = [service for service in chosen if service not in SERVICES]
    if unsupported or not chosen:
        raise NotWritable(f"resource control policies do not apply to {', '.join(unsupported) or 'nothing'}")
    account = values.account_id(account_id)
    return document(
        deny(
            "IrBlockForeign",
            {"StringEquals": {"aws:PrincipalAccount": account}},
            Principal="*",
            Action=[f"{service}:*" for service in chosen],
        )
    )
