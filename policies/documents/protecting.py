"""To have before an incident: nobody but the response role takes a quarantine off, or changes the response role.

Sources: "Actions, resources, and condition keys for AWS Identity and Access Management" in the Service Authorization
Reference: there is no condition key for the name of an inline policy, ``iam:PolicyARN`` tells which managed policy is
detached, ``iam:PermissionsBoundary`` which boundary a principal has that loses it, or is to get; "Controlling access to
and for IAM users and roles using tags" in the IAM User Guide.
"""

from __future__ import annotations

from policies.documents import values
from policies.documents.quotas import SCP
from policies.documents.template import IAM, Template
from policies.documents.writing import PolicyDocument, deny, document

QUARANTINE_TAG = "guardrift-quarantine"
"""The tag by which a contained role or user is known; its value may name the case."""

RESPONSE_ROLE = "guardrift-response"
"""How the response role is called unless somebody names it."""

RESPONDER = "guardrift-responder"
"""How the function that contains by itself is called, and its role."""

_OF_BOTH = (
    "Attach{}Policy", "Delete{}", "Delete{}PermissionsBoundary", "Delete{}Policy", "Detach{}Policy",
    "Put{}PermissionsBoundary", "Put{}Policy",
)  # fmt: skip
_OF_ROLE = ("UpdateAssumeRolePolicy", "UpdateRole")
_OF_USER = (
    "AddUserToGroup", "CreateAccessKey", "CreateLoginProfile", "CreateServiceSpecificCredential", "EnableMFADevice",
    "RemoveUserFromGroup", "ResetServiceSpecificCredential", "UpdateAccessKey", "UpdateLoginProfile",
    "UpdateSSHPublicKey", "UpdateServiceSpecificCredential", "UpdateSigningCertificate", "UpdateUser",
    "UploadSSHPublicKey", "UploadSigningCertificate",
)  # fmt: skip

PROTECT_QUARANTINE = Template(
    name="protect-quarantine",
    title="Nobody but the response role takes a quarantine off",
    when="to have before",
    applies_to="organization",
    layer="scp",
    quota=SCP,
    description=(
        f"For everybody but the response role and {RESPONDER}, the role of the template alerting: a role or user that "
        f"carries the tag {QUARANTINE_TAG} cannot be changed, "
        "deleted, or given credentials, and nobody sets or removes that tag; AWSDenyAll, AWS's own quarantine policies "
        "and managed policies whose name begins with ir- cannot be detached or changed, and AWSDenyAll cannot be "
        "deleted as a boundary. Nobody but the deployer changes these two roles, or makes one where there is none. "
        "What it cannot protect: the inline policy, or another boundary put in the place of AWSDenyAll, on a principal "
        "without the tag (AWS has no condition on the name of an inline policy), so tag whom you contain, in the same "
        "minute; groups; anything in the management account; what service-linked roles do."
    ),
    keep="For good.",
    place=(
        "As a service control policy, on the root of the organization; where there are accounts without the response "
        f"role, deploy it first, and alerting if you want it. It exempts the response role and {RESPONDER} by their "
        "names, without a path, in every account."
    ),
    breaks=(
        "Tools that manage every role and user: they fail on those that are tagged, and on the response role. Without "
        "a deployer, that role can be changed by nobody until this policy is detached."
    ),
    may=("response-role", "deployer", "partition"),
    file="protect-quarantine.json",
    sources=(f"{IAM}access_iam-tags.html", f"{IAM}access_policies_boundaries.html"),
)


def protect_quarantine(
    response_role: str = RESPONSE_ROLE, deployer: str | None = None, partition: str = "aws"
) -> PolicyDocument:
    """Deny the removal of a quarantine to everybody but the response role, and the function that contains.

    Args:
        response_role: the name of the role, the same in every account.
        deployer: the ARN of the role that may make and change the response role, with ``*`` for every account.
        partition: of the organization.
    """
    start = f"arn:{values.partition(partition)}"
    responders = [f"{start}:iam::*:role/{values.role_name(name)}" for name in (response_role, RESPONDER)]
    others = {"ArnNotLike": {"aws:PrincipalArn": responders}}
    own = f"{start}:iam::*:policy/ir-*"
    deny_all = f"{start}:iam::aws:policy/AWSDenyAll"
    of_aws = [f"{start}:iam::aws:policy/AWSCompromisedKeyQuarantine*", deny_all]
    both = [action.format(kind) for action in _OF_BOTH for kind in ("Role", "User")]
    tagging = ["CreateRole", "CreateUser", "TagRole", "TagUser", "UntagRole", "UntagUser"]
    return document(
        deny(
            "KeepTagged",
            {"Null": {f"aws:ResourceTag/{QUARANTINE_TAG}": "false"}, **others},
            Action=_of_iam(*both, *_OF_ROLE, *_OF_USER),
        ),
        deny(
            "KeepTag",
            {"ForAnyValue:StringEquals": {"aws:TagKeys": [QUARANTINE_TAG]}, **others},
            Action=_of_iam(*tagging),
        ),
        deny(
            "KeepAttached",
            {"ArnLike": {"iam:PolicyARN": [*of_aws, own]}, **others},
            Action=_of_iam("DetachRolePolicy", "DetachUserPolicy"),
        ),
        deny(
            "KeepPolicies",
            others,
            Action=_of_iam("CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "SetDefaultPolicyVersion"),
            Resource=own,
        ),
        deny(
            "KeepBoundary",
            {"ArnEquals": {"iam:PermissionsBoundary": deny_all}, **others},
            Action=_of_iam("DeleteRolePermissionsBoundary", "DeleteUserPermissionsBoundary"),
        ),
        _keep_responders(responders, deployer),
    )


def _keep_responders(responders: list[str], deployer: str | None) -> dict[str, object]:
    condition = {"ArnNotLike": {"aws:PrincipalArn": values.deployer_arn(deployer)}} if deployer is not None else None
    changes = ("CreateRole", *(action.format("Role") for action in _OF_BOTH), *_OF_ROLE)
    return deny("KeepResponder", condition, Action=_of_iam(*changes), Resource=responders)


def _of_iam(*actions: str) -> list[str]:
    return [f"iam:{action}" for action in sorted(actions)]
