"""Trust in IAM Roles Anywhere: whose certificates become a role."""

from __future__ import annotations

from collections.abc import Iterator

from rules.frameworks import attack, csf, well_architected
from rules.principals import is_administrator, is_service_linked
from rules.trust.reading import trust_of
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.subjects import roles
from scanner.events.delivery_admission import Sender, admits
from scanner.iam.context import Values
from scanner.iam.documents import Policy
from scanner.iam.remembered import Remembered
from scanner.inventory import Gap, ResourcePolicy, Role

_GUIDE = "https://docs.aws.amazon.com/rolesanywhere/latest/userguide/"
_SERVICE = "rolesanywhere.amazonaws.com"
_PROBE = "guardrift-probe-4c1f"
_OF_CERTIFICATES = ("aws:principaltag/x509", "aws:requesttag/x509")


@rule(
    "iam-role-trust-roles-anywhere",
    severity="medium",
    phase="contain",
    subjects=roles,
    apis=("iam:GetAccountAuthorizationDetails",),
    controls=(*csf("PR.AA-01"), *well_architected("SEC02-BP02"), *attack(v18="T1098.001")),
    references=(f"{_GUIDE}trust-model.html", f"{_GUIDE}authentication.html"),
)
def iam_role_trust_roles_anywhere(role: Role, scene: Scene[NoParameters]) -> Hit | None:
    """Any certificate that IAM Roles Anywhere accepts can become a role.

    ## Why
    Roles Anywhere takes the certificates of every trust anchor of the account, and a profile names the roles: whatever
    holds a certificate, be it a printer or a laptop, becomes every role that a profile names and that does not ask
    further. Who may add an anchor or a profile brings a certificate authority of his own, and with it a way in that no
    deactivated key closes. High where the role is an administrator.

    ## Fix
    Demand in the trust policy the anchor (aws:SourceArn) and who the certificate is for, such as
    aws:PrincipalTag/x509Subject/CN, in the statement that names the service.

    ## Breaks
    Programs with a certificate of another anchor, or of another name: look at the subjects that Roles Anywhere has seen
    before.

    ## Bad
    ```json
    {"users": [], "groups": [], "policies": [], "roles": [
      {"name": "plant", "arn": "arn:aws:iam::111122223333:role/plant", "trust": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "rolesanywhere.amazonaws.com"},
         "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]}]}}]}
    ```

    ## Good
    ```json
    {"users": [], "groups": [], "policies": [], "roles": [
      {"name": "plant", "arn": "arn:aws:iam::111122223333:role/plant", "trust": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "rolesanywhere.amazonaws.com"},
         "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
         "Condition": {"StringEquals": {"aws:PrincipalTag/x509Subject/CN": "press-7"}, "ArnEquals": {"aws:SourceArn":
           "arn:aws:rolesanywhere:eu-west-1:111122223333:trust-anchor/0a1b2c3d-0000-4000-8000-000000000000"}}}]}}]}
    ```
    """
    if is_service_linked(role):
        return None
    policy = trust_of(role)
    if not _naming.of(policy) or not any(_admits_any(role, policy, sender) for sender in _senders(role, policy, scene)):
        return None
    is_admin = is_administrator(role, scene.account)
    return Hit(
        "The trust policy lets every certificate in that Roles Anywhere accepts: neither the trust anchor"
        f" (aws:SourceArn) nor the certificate is named.{' The role is an administrator.' if is_admin else ''}",
        material=("roles-anywhere:any-certificate",),
        details={"service": _SERVICE},
        severity="high" if is_admin else None,
    )


def _names_service(policy: Policy) -> bool:
    return any(name.lower() == _SERVICE for each in policy.statements if each.allows for _, name in each.principals)


# Roles share few trust policies.
_naming = Remembered(_names_service)


def _senders(role: Role, policy: Policy, scene: Scene[NoParameters]) -> Iterator[Sender]:
    """Requests for a trust anchor that nobody named, in each region that the trust policy speaks of."""
    partition, account_id = role.arn.split(":")[1], scene.account.account_id
    membership = scene.account.organization.membership
    if isinstance(membership, Gap):
        # The anchors are this account's: whoever wrote down an organization wrote down its own.
        organization = next(iter(_values(policy, "aws:sourceorgid")), None)
    else:
        organization = membership.id if membership else ""
    named = {value.split(":")[3] for value in _values(policy, "aws:sourcearn") if value.count(":") >= 5}
    for region in sorted({"eu-west-1", *(each for each in named if each and not {"*", "?"} & set(each))}):
        source = f"arn:{partition}:rolesanywhere:{region}:{account_id}:trust-anchor/{_PROBE}"
        yield Sender(_SERVICE, source, account_id, organization)


def _values(policy: Policy, key: str) -> Iterator[str]:
    for each in policy.statements:
        for condition in each.conditions:
            if condition.key == key:
                yield from condition.values


def _admits_any(role: Role, policy: Policy, sender: Sender) -> bool:
    """Whether a certificate surely gets in with whatever subject, issuer and alternative names."""
    certificate: dict[str, Values] = {
        condition.key: (_PROBE,)
        for each in policy.statements
        for condition in each.conditions
        if condition.key.startswith(_OF_CERTIFICATES)
    }
    return admits(ResourcePolicy(role.trust), sender, "sts:AssumeRole", role.arn, said=certificate).verdict == "yes"
