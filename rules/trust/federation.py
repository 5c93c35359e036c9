"""Trust in identity providers: whose tokens and assertions become a role, and entries that name nobody any more."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Literal

import msgspec

from rules.frameworks import attack, csf, well_architected
from rules.trust.reading import trust_of
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.subjects import roles
from scanner.findings import SEVERITIES, Severity
from scanner.iam.documents import Policy
from scanner.iam.federation import (
    Asked,
    Provider,
    Reach,
    asked,
    is_audience_open,
    is_recipient_open,
    provider_of,
    reach,
)
from scanner.iam.issuers import WIDTHS, Issuer, Width, issuer_of
from scanner.iam.principals import trusted_principals
from scanner.iam.remembered import Remembered
from scanner.inventory import Role, Undetermined

_CONTROLS = (*csf("PR.AA-05"), *well_architected("SEC03-BP09"), *attack(v18="T1199"))
_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_OIDC = (
    f"{_GUIDE}id_roles_providers_oidc_secure-by-default.html",
    f"{_GUIDE}id_roles_create_for-idp_oidc.html",
    f"{_GUIDE}reference_policies_iam-condition-keys.html",
)


class Trust(msgspec.Struct, frozen=True):
    """A provider that a statement of a trust policy admits, and what the statement asks."""

    principal: str
    provider: Provider
    asked: Asked
    statement: int

    @property
    def issuer(self) -> Issuer:
        """What is known of the issuer of an OpenID Connect provider."""
        return issuer_of(self.provider.issuer)

    @property
    def name(self) -> str:
        """The issuer in words, or its address."""
        return self.issuer.name or self.provider.issuer


def _trusts(role: Role, kind: Literal["oidc", "saml"]) -> tuple[list[Trust], list[str]]:
    """The providers of a kind that can become the role, and names that are of no known form and may be such."""
    return (_by_tokens if kind == "oidc" else _by_assertions).of(trust_of(role))


def _trusts_in(policy: Policy, kind: Literal["oidc", "saml"]) -> tuple[list[Trust], list[str]]:
    statements = policy.statements
    found: list[Trust] = []
    unclear: list[str] = []
    for statement in statements:
        if not statement.allows or not any(of == "Federated" for of, _ in statement.principals):
            continue
        for principal in trusted_principals(statement):
            if principal.kind != "federated":
                continue
            provider = provider_of(principal)
            if provider.kind not in {kind, "other"}:
                continue
            request = asked(principal, msgspec.structs.replace(provider, kind=kind), statement, statements)
            if request is not None and provider.kind == kind:
                found.append(Trust(principal.text, provider, request, statement.index))
            elif request is not None:
                unclear.append(principal.text)
    return found, unclear


# Several rules ask for them, and roles share few trust policies.
_by_tokens = Remembered(partial(_trusts_in, kind="oidc"))
_by_assertions = Remembered(partial(_trusts_in, kind="saml"))


def _settled(role: Role, hit: Hit | None, unclear: list[str]) -> Hit | None:
    """The verdict; raises ``Undetermined`` instead of a pass if the policy names a provider of no known form."""
    if hit is None and unclear:
        raise Undetermined(f"the trust policy of {role.name} names the provider {unclear[0]!r}, of no known form")
    return hit


def _told(trust: Trust, **more: object) -> dict[str, object]:
    """The evidence about one admission."""
    return {
        "provider": trust.principal,
        "statement": trust.statement,
        "asks": [[f"{want.claim}={want.value}" for want in choice] for choice in trust.asked.wanted],
        "optional": list(trust.asked.optional),
        "networks": list(trust.asked.networks),
        **more,
    }


_SEVERITIES: dict[Width, Severity] = {"anyone": "critical", "tenant": "high", "group": "medium", "project": "low"}
_NEEDED: dict[Width, str] = {
    "anyone": "an account of their own with the provider",
    "tenant": "one job or workload anywhere at that customer of the provider",
    "group": "one job or workload among those that are admitted",
    "project": "the right to push to the project, on any branch",
}


@rule(
    "iam-role-trust-oidc-subject",
    severity="critical",
    phase="contain",
    subjects=roles,
    apis=("iam:GetAccountAuthorizationDetails",),
    controls=_CONTROLS,
    references=_OIDC,
)
def iam_role_trust_oidc_subject(role: Role, _: Scene[NoParameters]) -> Hit | None:
    """A role can be assumed with tokens of more workloads than somebody chose.

    ## Why
    GitHub, GitLab.com, HCP Terraform and others sign the tokens of all their customers with the same issuer, so that
    only sub, or another claim that names the owner, keeps a stranger's pipeline out. A wildcard that reaches into the
    owner's name is no better, since names that begin alike can be registered. With a whole organization, one badly
    kept repository is enough; with a whole repository (low: forks get no tokens), whoever can push any branch comes
    in without a review. IAM refuses new trust policies without such a condition, but leaves old ones as they are.

    ## Fix
    Demand sub with StringEquals, down to a branch or a protected environment, a workspace, or a service account. Add
    repository_id and repository_owner_id for GitHub: names can be taken over, ids cannot. Do not use IfExists or
    ForAllValues, which a token without the claim passes.

    ## Breaks
    Jobs of other repositories, branches or environments that use the role; look for AssumeRoleWithWebIdentity events
    in CloudTrail, whose userIdentity.userName is the sub. GitHub's sub changes its form when a job names an
    environment, and has ids in it for repositories made since July 2026.

    ## Bad
    ```json
    {"roles": [{"name": "deploy", "arn": "arn:aws:iam::111122223333:role/deploy", "trust": {"Version": "2012-10-17",
      "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
        "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
          "StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/*"}}}]}}]}
    ```

    ## Good
    ```json
    {"roles": [{"name": "deploy", "arn": "arn:aws:iam::111122223333:role/deploy", "trust": {"Version": "2012-10-17",
      "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
        "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
          "token.actions.githubusercontent.com:sub": "repo:acme/shop:environment:production"}}}]}}]}
    ```
    """
    trusts, unclear = _trusts(role, "oidc")
    reached = [(trust, reach(trust.issuer, trust.asked)) for trust in trusts]
    wide = [(trust, found) for trust, found in reached if _severity(trust, found)]
    return _settled(role, _too_wide(wide) if wide else None, unclear)


def _severity(trust: Trust, found: Reach) -> Severity | None:
    """None where what remains is what somebody decided on; a place in a network is worth two steps."""
    step = WIDTHS.index(found.width) + (2 if trust.asked.networks else 0)
    return _SEVERITIES[WIDTHS[step]] if step < len(_SEVERITIES) else None


def _too_wide(wide: list[tuple[Trust, Reach]]) -> Hit:
    severities = {severity for pair in wide if (severity := _severity(*pair))}
    worst = min(severities, key=SEVERITIES.index)
    trust, found = next(pair for pair in wide if _severity(*pair) == worst)
    bound = f"bound by {', '.join(found.by)}" if found.by else "bound by no claim"
    softly = f", and asked for {', '.join(trust.asked.optional)} only if it has that" if trust.asked.optional else ""
    where = f", from the network that {', '.join(trust.asked.networks)} names" if trust.asked.networks else ""
    return Hit(
        f"{_whom(trust, found).capitalize()} can assume it with a token of {trust.name} {bound}{softly}{where}.",
        material=_material((one_found.width, one.provider.issuer, one_found.by) for one, one_found in wide),
        details={
            "trusts": [_told(one, admits=_whom(one, left), outsiders_need=_NEEDED[left.width]) for one, left in wide]
        },
        severity=worst,
        confidence="medium" if trust.asked.optional or not trust.issuer.name else "high",
    )


def _whom(trust: Trust, found: Reach) -> str:
    tenant, group, project = trust.issuer.whom
    return {"anyone": "anyone who has an account there", "tenant": tenant, "group": group}.get(found.width, project)


def _material(found: Iterable[tuple[str, str, tuple[str, ...]]]) -> tuple[str, ...]:
    """One element for each value that opens the role, so that one more of them is worse."""
    return tuple(sorted({f"{kind}:{issuer}:{value}" for kind, issuer, by in found for value in by or ("",)}))


@rule(
    "iam-role-trust-oidc-audience",
    severity="low",
    phase="contain",
    subjects=roles,
    apis=("iam:GetAccountAuthorizationDetails",),
    controls=_CONTROLS,
    references=(*_OIDC, "https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html"),
)
def iam_role_trust_oidc_audience(role: Role, _: Scene[NoParameters]) -> Hit | None:
    """A role can be assumed with tokens that were issued for somebody else.

    ## Why
    The issuers that are built into IAM (Cognito, Google, Facebook, Login with Amazon) have no list of audiences: any
    identity pool or application of any stranger gets a token that fits (critical). For other issuers STS compares aud
    with the list of the provider object, so that a role without a condition accepts every audience of the list (low),
    also one that is added for another purpose; medium where the audience is what tells the customers apart.

    ## Fix
    Demand the aud that this role is meant for, with StringEquals: sts.amazonaws.com for GitHub and EKS, the id of the
    identity pool for Cognito. For Google demand aud or sub: aud means the azp of the token there, and oaud is whatever
    the caller asked for.

    ## Breaks
    Callers that ask for their tokens with another audience.

    ## Bad
    ```json
    {"roles": [{"name": "app", "arn": "arn:aws:iam::111122223333:role/app", "trust": {"Version": "2012-10-17",
      "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Condition": {"ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}}}]}}]}
    ```

    ## Good
    ```json
    {"roles": [{"name": "app", "arn": "arn:aws:iam::111122223333:role/app", "trust": {"Version": "2012-10-17",
      "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Condition": {"StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-1:0a1b2c3d-example"},
          "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}}}]}}]}
    ```
    """
    trusts, unclear = _trusts(role, "oidc")
    open_ones = [trust for trust in trusts if is_audience_open(trust.issuer, trust.asked)]
    return _settled(role, _for_others(open_ones) if open_ones else None, unclear)


def _for_others(trusts: list[Trust]) -> Hit:
    strangers = [trust for trust in trusts if trust.issuer.is_built_in]
    owned = [trust for trust in trusts if trust.issuer.audiences]
    worst = (strangers or owned or trusts)[0]
    needed = {
        True: "an application or identity pool of their own",
        False: "a token for another audience on the provider's list",
    }
    return Hit(
        f"Tokens of {worst.name} are accepted that any application or identity pool got, whoever owns it."
        if strangers
        else f"Tokens of {worst.name} are accepted for every audience on the list of the provider.",
        material=_material(("audience", trust.provider.issuer, ()) for trust in trusts),
        details={"trusts": [_told(trust, outsiders_need=needed[trust.issuer.is_built_in]) for trust in trusts]},
        severity="critical" if strangers else "medium" if owned else None,
        confidence="medium" if worst.asked.optional else "high",
    )


@rule(
    "iam-role-trust-saml-audience",
    severity="low",
    phase="contain",
    subjects=roles,
    apis=("iam:GetAccountAuthorizationDetails",),
    controls=_CONTROLS,
    references=(
        f"{_GUIDE}id_roles_create_for-idp_saml.html",
        f"{_GUIDE}reference_policies_iam-condition-keys.html",
    ),
)
def iam_role_trust_saml_audience(role: Role, _: Scene[NoParameters]) -> Hit | None:
    """A role accepts SAML assertions that were addressed to somebody else.

    ## Why
    SAML:aud holds the Recipient of the assertion, the address to which the identity provider sent the browser. Without
    it, an assertion that was made for another service of the company, and was stolen or logged there, opens the role.
    Low, since the assertion must be fresh, signed by the trusted provider and name this role.

    ## Fix
    Demand SAML:aud to be the sign-in endpoint of AWS: https://signin.aws.amazon.com/saml, and those of the regions
    that serve as a fallback, such as https://eu-west-1.signin.aws.amazon.com/saml.

    ## Breaks
    Tools that ask the identity provider for an assertion with another Recipient, and regional endpoints left out.

    ## Bad
    ```json
    {"roles": [{"name": "staff", "arn": "arn:aws:iam::111122223333:role/staff", "trust": {"Version": "2012-10-17",
      "Statement": [{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/idp"},
        "Action": "sts:AssumeRoleWithSAML"}]}}]}
    ```

    ## Good
    ```json
    {"roles": [{"name": "staff", "arn": "arn:aws:iam::111122223333:role/staff", "trust": {"Version": "2012-10-17",
      "Statement": [{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/idp"},
        "Action": "sts:AssumeRoleWithSAML",
        "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}}]}}]}
    ```
    """
    trusts, unclear = _trusts(role, "saml")
    open_ones = [trust for trust in trusts if is_recipient_open(trust.asked)]
    if not open_ones:
        return _settled(role, None, unclear)
    return Hit(
        "Assertions of the SAML provider are accepted whatever their recipient: no condition binds SAML:aud.",
        material=tuple(sorted({f"recipient:{trust.principal}" for trust in open_ones})),
        details={
            "trusts": [
                _told(one, outsiders_need="an assertion that names the role and was sent elsewhere")
                for one in open_ones
            ]
        },
        confidence="medium" if any(trust.asked.optional for trust in open_ones) else "high",
    )


@rule(
    "iam-role-trust-deleted-principal",
    severity="low",
    phase="contain",
    subjects=roles,
    apis=("iam:GetAccountAuthorizationDetails",),
    controls=_CONTROLS,
    references=(f"{_GUIDE}reference_policies_elements_principal.html",),
)
def iam_role_trust_deleted_principal(role: Role, _: Scene[NoParameters]) -> Hit | None:
    """A trust policy names a principal that was deleted.

    ## Why
    IAM shows the unique id of a principal that is gone. An Allow for it admits nobody, and a Deny refuses nobody:
    a user or role made again under the same name is another one to the policy. In an incident such entries hide who
    could come in, and the policy cannot be saved again before they are removed.

    ## Fix
    Remove the entry. If the principal was made again and is still needed, name it again by its ARN.

    ## Breaks
    Nothing: nobody fulfils the entry.

    ## Bad
    ```json
    {"roles": [{"name": "old", "arn": "arn:aws:iam::111122223333:role/old", "trust": {"Version": "2012-10-17",
      "Statement": [{"Effect": "Allow", "Principal": {"AWS": "AIDAEXAMPLEEXAMPLE123"}, "Action": "sts:AssumeRole"}]}}]}
    ```

    ## Good
    ```json
    {"roles": [{"name": "new", "arn": "arn:aws:iam::111122223333:role/new", "trust": {"Version": "2012-10-17",
      "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/ann"},
        "Action": "sts:AssumeRole"}]}}]}
    ```
    """
    gone = _gone.of(trust_of(role))
    if not gone:
        return None
    names = sorted({name for name, _, _ in gone})
    return Hit(
        f"The trust policy names {', '.join(names)}, which no longer {'exists' if len(names) == 1 else 'exist'}.",
        material=tuple(sorted({f"{effect}:{name}" for name, effect, _ in gone})),
        details={"principals": names, "statements": sorted({index for _, _, index in gone})},
    )


def _gone_from(policy: Policy) -> list[tuple[str, str, int]]:
    """The principals of a trust policy that were deleted, what it does about them, and in which statement."""
    return sorted(
        (principal.text, "admits" if statement.allows else "refuses", statement.index)
        for statement in policy.statements
        for principal in trusted_principals(statement)
        if principal.kind == "deleted"
    )


# Roles share few trust policies.
_gone = Remembered(_gone_from)
