"""Whether people come through a federation, or each with a password of the account."""

from __future__ import annotations

from collections.abc import Iterator

from rules.frameworks import attack, cis, csf, well_architected
from rules.identity.people import REPORT, require_that_nobody_else_has_a_password, with_password
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.declared import is_named
from scanner.engine.subjects import the_account
from scanner.iam.documents import parse
from scanner.iam.principals import trusted_principals
from scanner.inventory import Account, Gap, Role, known

_MOST_NAMED = 20
_RESERVED = "/aws-reserved/sso.amazonaws.com/"


@rule(
    "iam-users-sign-in-without-federation",
    severity="info",
    phase="contain",
    subjects=the_account,
    apis=(*REPORT, "iam:ListSAMLProviders"),
    controls=(
        *cis(v7="2.19", v5="1.20"),
        *csf("PR.AA-02"),
        *well_architected("SEC02-BP04"),
        *attack(v18="T1078.004"),
    ),
    references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers.html",),
)
def iam_users_sign_in_without_federation(account: Account, scene: Scene[NoParameters]) -> Hit | None:
    """People sign in with passwords of the account, and nobody through a federation.

    ## Why
    Whoever leaves has to be removed account by account, and whoever is phished has to be stopped account by account. A
    federation has one place where sign-in is watched, and one switch. It is in use where there are roles of IAM
    Identity Center, or a role trusts a SAML provider of the account. Users that are declared as break-glass may have a
    password.

    ## Fix
    Connect the account to IAM Identity Center, give people permission sets there, and take the passwords away.

    ## Breaks
    Nothing while both ways exist; later, whoever was forgotten.

    ## Bad
    ```json
    {"users": [], "roles": [], "saml_providers": [],
     "credential_report": {"kind": "credential-report", "rows": [
      {"user": "ann", "arn": "arn:aws:iam::111122223333:user/ann", "password_enabled": true}]}}
    ```

    ## Good
    ```json
    {"users": [], "saml_providers": [{"arn": "arn:aws:iam::111122223333:saml-provider/corp"}],
     "roles": [{"name": "dev", "arn": "arn:aws:iam::111122223333:role/dev", "trust": {"Version": "2012-10-17",
       "Statement": {"Effect": "Allow", "Action": "sts:AssumeRoleWithSAML",
         "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/corp"}}}}],
     "credential_report": {"kind": "credential-report", "rows": [
      {"user": "ann", "arn": "arn:aws:iam::111122223333:user/ann", "password_enabled": true}]}}
    ```
    """
    people = [row for row in with_password(account) if not is_named(row.arn, scene.declared.break_glass)]
    if not people:
        require_that_nobody_else_has_a_password(account)
        return None
    if _is_federated(account):
        return None
    names = sorted(row.user for row in people)
    return Hit(
        f"{len(names)} {'user signs' if len(names) == 1 else 'users sign'} in with a password, and no role admits "
        "people from IAM Identity Center or from a SAML provider.",
        material=("sign-in:passwords-only",),
        details={"users": names[:_MOST_NAMED], "count": len(names)},
    )


def _is_federated(account: Account) -> bool:
    """Whether some role admits people of a federation.

    Raises:
        NotCollected: that would be told by the roles, or by the providers, which were not read.
    """
    roles = known(account.roles)
    if any(role.path.startswith(_RESERVED) for role in roles):
        return True
    trusted = {provider for role in roles for provider in _saml_providers(role)}
    if isinstance(account.saml_providers, Gap) and not trusted:
        return False
    return any(provider.arn in trusted for provider in known(account.saml_providers))


def _saml_providers(role: Role) -> Iterator[str]:
    for statement in parse(role.trust).statements:
        if statement.allows:
            for principal in trusted_principals(statement):
                if principal.kind == "federated" and ":saml-provider/" in principal.text:
                    yield principal.text
