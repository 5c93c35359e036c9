"""Seeding of what IAM holds beside people: the rules for passwords, single sign-on, and the roles of services."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from guardrift.demo.emulator import backend
from guardrift.demo.policies import FOR_CONFIG, seed_policy_of_aws
from guardrift.demo.roles import ROLES_OF_SERVICES, SINGLE_SIGN_ON
from guardrift.demo.seed_iam import ACCOUNT_AGE, age_role, identify, seed_role

_METADATA = "<EntityDescriptor>" + "the metadata of an identity provider ".ljust(1000, ".") + "</EntityDescriptor>"
_VALID_FOR = timedelta(days=5000)


def seed_identity(session: Any, at: datetime) -> None:
    """Set the password policy, and create the provider of single sign-on and the roles of services."""
    iam = session.client("iam")
    iam.update_account_password_policy(
        MinimumPasswordLength=14,
        RequireSymbols=True,
        RequireNumbers=True,
        RequireUppercaseCharacters=True,
        RequireLowercaseCharacters=True,
        AllowUsersToChangePassword=True,
        PasswordReusePrevention=24,
    )
    iam.create_saml_provider(Name=SINGLE_SIGN_ON, SAMLMetadataDocument=_METADATA)
    provider = backend("iam").saml_providers[SINGLE_SIGN_ON]
    provider.create_date = at - ACCOUNT_AGE
    provider.valid_until = provider.create_date + _VALID_FOR
    seed_policy_of_aws(FOR_CONFIG, at - ACCOUNT_AGE)
    for role in ROLES_OF_SERVICES:
        seed_role(iam, role)
        age_role(role, at)
    identify()
