"""Identity providers of the account that lie unused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from rules.frameworks import attack, cis, csf, well_architected
from scanner.engine import Hit, NoParameters, Scene, Subject, Unread, rule
from scanner.engine.subjects import account_resource
from scanner.findings import Resource
from scanner.iam.documents import parse
from scanner.iam.escalation.graph import Graph, graph_of
from scanner.iam.principals import trusted_principals
from scanner.inventory import Account, Gap, OidcProvider, SamlProvider, Undetermined, known
from scanner.shell import command, quote

_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_OF_IDENTITY_CENTER = re.compile(r"AWSSSO_[0-9a-f]+_DO_NOT_DELETE\Z")


def providers(account: Account) -> Iterator[Subject[OidcProvider | SamlProvider] | Unread]:
    """Every identity provider but those of IAM Identity Center; a list that is missing is said once."""
    lists = (account.oidc_providers, account.saml_providers)
    gaps = [found for found in lists if isinstance(found, Gap)]
    if gaps:
        yield Unread(account_resource(account), gaps[0])
    for found in lists:
        for provider in () if isinstance(found, Gap) else found:
            kind = "OIDCProvider" if isinstance(provider, OidcProvider) else "SAMLProvider"
            name = provider.arn.partition("-provider/")[2]
            if not _OF_IDENTITY_CENTER.match(name):
                yield Subject(Resource(provider.arn, f"AWS::IAM::{kind}", name, account.account_id), provider)


@rule(
    "iam-identity-provider-unused",
    severity="low",
    phase="eradicate",
    subjects=providers,
    apis=("iam:GetAccountAuthorizationDetails", "iam:ListOpenIDConnectProviders", "iam:ListSAMLProviders"),
    controls=(*cis(v7="2.19"), *csf("PR.AA-05"), *well_architected("SEC03-BP09"), *attack(v18="T1484.002")),
    references=(f"{_GUIDE}id_roles_providers.html", f"{_GUIDE}id_roles_manage_delete.html"),
)
def iam_identity_provider_unused(provider: OidcProvider | SamlProvider, scene: Scene[NoParameters]) -> Hit | None:
    """No role trusts an identity provider.

    ## Why
    The account still believes what the provider signs. Who wants to stay needs only a role whose trust policy names it,
    which looks as if it belonged there; and who gets hold of its domain or its signing key, such as that of a cluster
    which was deleted long ago, waits for somebody to use it again. The providers of IAM Identity Center are left out.

    ## Fix
    Delete the provider. Keep its metadata or its audiences, if it may be needed again.

    ## Breaks
    What uses a provider without a role that names it: identity pools of Cognito, and client VPN endpoints, which are
    not collected.

    ## Bad
    ```json
    {"roles": [], "saml_providers": [], "oidc_providers": [
      {"arn": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com",
       "detail": {"kind": "oidc-detail", "url": "token.actions.githubusercontent.com"}}]}
    ```

    ## Good
    ```json
    {"saml_providers": [], "oidc_providers": [
      {"arn": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com",
       "detail": {"kind": "oidc-detail", "url": "token.actions.githubusercontent.com"}}],
     "roles": [{"name": "deploy", "arn": "arn:aws:iam::111122223333:role/deploy", "trust": {"Version": "2012-10-17",
       "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
         "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
         "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
           "token.actions.githubusercontent.com:sub": "repo:acme/shop:environment:production"}}}]}}]}
    ```
    """
    known(scene.account.roles)
    trusted, malformed = _trusted(graph_of(scene.account))
    if provider.arn in trusted:
        return None
    if malformed:
        raise Undetermined(malformed)
    commands, undo = _of_oidc(provider) if isinstance(provider, OidcProvider) else _of_saml(provider)
    return Hit(
        "No trust policy of a role names it.",
        material=("provider:unused",),
        details={"provider": provider.arn},
        confidence="medium",
        commands=commands,
        undo=undo,
    )


def _of_oidc(provider: OidcProvider) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The command that deletes a provider, and the one that makes it anew, where its settings were read."""
    delete = command("aws", "iam", "delete-open-id-connect-provider", "--open-id-connect-provider-arn", provider.arn)
    detail = provider.detail
    if isinstance(detail, Gap):
        return (delete,), ()
    words = ["aws", "iam", "create-open-id-connect-provider", "--url", f"https://{detail.url}"]
    words += ["--client-id-list", *detail.client_ids] if detail.client_ids else []
    words += ["--thumbprint-list", *detail.thumbprints] if detail.thumbprints else []
    return (delete,), (command(*words),)


def _of_saml(provider: SamlProvider) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The commands that keep the metadata of a provider and delete it, and the one that makes it anew from them."""
    name = provider.arn.rpartition("/")[2]
    file = f"{name}-saml-metadata.xml"
    arn = ("--saml-provider-arn", provider.arn)
    keep = command("aws", "iam", "get-saml-provider", *arn, "--query", "SAMLMetadataDocument", "--output", "text")
    return (
        f"{keep} > {quote(file)}",
        command("aws", "iam", "delete-saml-provider", *arn),
    ), (command("aws", "iam", "create-saml-provider", "--name", name, "--saml-metadata-document", f"file://{file}"),)


@lru_cache(maxsize=2)
def _trusted(graph: Graph) -> tuple[frozenset[str], str]:
    """The providers that trust policies admit, and a policy that could not be understood, as a sentence."""
    found: set[str] = set()
    malformed = ""
    for role in known(graph.landscape.account.roles):
        policy = parse(role.trust)
        if policy.problems and not malformed:
            malformed = f"the trust policy of {role.name} is malformed: {policy.problems[0]}"
        for statement in policy.statements:
            if statement.allows and any(kind == "Federated" for kind, _ in statement.principals):
                found |= {each.text for each in trusted_principals(statement) if each.kind == "federated"}
    return frozenset(found), malformed
