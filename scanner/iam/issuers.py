"""Issuers of web identity tokens: who gets a token of each, and which claims say whose it is.

The issuers shared by many tenants are those of IAM's identity-provider controls, which apply to new and changed trust
policies only (IAM user guide, id_roles_providers_oidc_secure-by-default). The claims are condition keys of
reference_policies_iam-condition-keys; the forms of ``sub`` are those that the providers document.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

Width = Literal["anyone", "tenant", "group", "project", "bound"]

WIDTHS: tuple[Width, ...] = ("anyone", "tenant", "group", "project", "bound")
"""Whom a token may belong to, from the widest: anyone, one customer of the provider, some of its projects, one project
in any state of its code, or no more than what somebody decided on."""


class Claim(msgspec.Struct, frozen=True):
    """What a pinned claim leaves.

    Attributes:
        layouts: the forms of its value; ``tenant`` owns ``group`` owns ``project``. Without one it is opaque.
        leaves: the narrowest that it can leave alone.
        is_unique: whether the name of a project occurs once among all groups of a tenant.
    """

    layouts: tuple[str, ...] = ()
    leaves: Width = "bound"
    is_unique: bool = False


class Issuer(msgspec.Struct, frozen=True):
    """What is known of an OpenID Connect issuer.

    Attributes:
        name: of the product.
        widest: who gets a token of it.
        claims: those that say whose the token is.
        audiences: the claims of which one must be pinned where the audience tells the customers apart.
        is_built_in: whether IAM trusts it without a provider object, and so without a list of audiences.
        whom: words for ``tenant``, ``group`` and ``project``.
        circumstances: claims that say how a project came to ask, and not whose it is.
        is_templated: whether a project may put its ``sub`` together from other claims.
    """

    name: str
    widest: Width = "anyone"
    claims: dict[str, Claim] = {}
    audiences: tuple[str, ...] = ()
    is_built_in: bool = False
    whom: tuple[str, str, str] = ("every workload of one customer", "several projects", "every branch of one project")
    circumstances: frozenset[str] = frozenset()
    is_templated: bool = False


_OPAQUE = {"sub": Claim()}
_GITHUB = Issuer(
    "GitHub Actions",
    claims={
        "sub": Claim(("repo:{tenant}/{project}:{context}",)),
        "repo": Claim(("{tenant}/{project}",), "project"),
        "repository": Claim(("{tenant}/{project}",), "project"),
        "repository_id": Claim(leaves="project"),
        "repository_owner": Claim(leaves="tenant"),
        "repository_owner_id": Claim(leaves="tenant"),
        "enterprise": Claim(leaves="tenant"),
        "enterprise_id": Claim(leaves="tenant"),
        "actor": Claim(leaves="group"),
        "actor_id": Claim(leaves="group"),
    },
    whom=(
        "every repository of an organization",
        "several repositories",
        "every branch, tag and pull request of a repository",
    ),
    circumstances=frozenset({"ref", "environment", "job_workflow_ref"}),
    is_templated=True,
)
_BUILDKITE = Issuer(
    "Buildkite",
    claims={
        "sub": Claim(("organization:{tenant}:pipeline:{project}:{context}",)),
        "organization_slug": Claim(leaves="tenant"),
        "organization_id": Claim(leaves="tenant"),
        "pipeline_id": Claim(leaves="project"),
    },
    whom=("every pipeline of an organization", "several pipelines", "every branch of a pipeline"),
)
_GITLAB = Claim(("project_path:{tenant}/{project}:{context}",))
_TERRAFORM = Claim(("organization:{tenant}:project:{group}:workspace:{project}:run_phase:{phase}",), is_unique=True)
_SERVICE_ACCOUNT = Claim(("system:serviceaccount:{group}:{project}",))
_PULUMI = Claim(
    (
        "pulumi:deploy:org:{tenant}:project:{group}:stack:{project}:{rest}",
        "pulumi:environments:org:{tenant}:env:{project}",
    )
)
_COGNITO = Issuer(
    "Cognito identity pools",
    "group",
    {"sub": Claim(), "amr": Claim()},
    ("aud", "sub"),
    is_built_in=True,
    whom=("", "every identity of the pool, guests included", ""),
)
_SENTINEL = Issuer("Microsoft Sentinel", claims={"sts:rolesessionname": Claim()})
_TURBONOMIC = Issuer("IBM Turbonomic", claims=_OPAQUE)
_UNKNOWN = Issuer(
    "",
    "group",
    {"sub": Claim((*_GITLAB.layouts, *_TERRAFORM.layouts, *_SERVICE_ACCOUNT.layouts))},
    whom=("", "any number of identities of the provider", "every branch and tag of a project"),
)

_SHARED = {
    "token.actions.githubusercontent.com": _GITHUB,
    "vstoken.actions.githubusercontent.com": _GITHUB,
    "gitlab.com": Issuer(
        "GitLab.com",
        claims={"sub": _GITLAB},
        whom=("every project of a group", "several projects", "every branch and tag of a project"),
    ),
    "app.terraform.io": Issuer(
        "HCP Terraform",
        claims={"sub": _TERRAFORM},
        whom=("every workspace of an organization", "several workspaces", ""),
    ),
    "agent.buildkite.com": _BUILDKITE,
    "oidc.codefresh.io": Issuer("Codefresh", claims={"sub": Claim(("account:{tenant}:pipeline:{project}:{rest}",))}),
    "scalr.io": Issuer(
        "Scalr", claims={"sub": Claim(("account:{tenant}:environment:{group}:workspace:{project}",))}
    ),
    "proidc.upbound.io": Issuer("Upbound", claims={"sub": Claim(("mcp:{tenant}/{project}:{rest}",))}),
    "studio.datachain.ai/api": Issuer("DVC Studio", claims={"sub": Claim(("credentials:{tenant}/{project}",))}),
    "tokens.cloud.shisho.dev": Issuer("Shisho Cloud", claims=_OPAQUE),
    "oidc-configuration.audit-log.githubusercontent.com": Issuer(
        "GitHub audit log streaming", claims={"sub": Claim(("https://github.com/{tenant}",))}
    ),
    "api.pulumi.com/oidc": Issuer("Pulumi Cloud", "tenant", {"sub": _PULUMI}, ("aud",)),
    "oidc.vercel.com": Issuer(
        "Vercel", "tenant", {"sub": Claim(("owner:{tenant}:project:{project}:environment:{rest}",))}, ("aud",)
    ),
    "sandboxes.cloud": Issuer("sandboxes.cloud", "tenant", _OPAQUE, ("aud",)),
    "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d": _SENTINEL,
    "accounts.google.com": Issuer(
        # Whoever has a Google service account chooses the audience of its tokens, and so the key oaud.
        "Google", "bound", audiences=("aud", "sub", "email", "google/organization_number"), is_built_in=True
    ),
    "graph.facebook.com": Issuer("Facebook", "bound", audiences=("app_id", "id"), is_built_in=True),
    "www.amazon.com": Issuer("Login with Amazon", "bound", audiences=("app_id", "user_id"), is_built_in=True),
}  # fmt: skip

_ONE_TENANT = (
    (
        re.compile(r"token\.actions\.githubusercontent\.com/.+|.+/_services/token"),
        msgspec.structs.replace(_GITHUB, widest="tenant"),
    ),
    (
        re.compile(r"oidc\.eks\.[a-z0-9-]+\.(amazonaws\.com(\.cn)?|api\.aws)/id/.+"),
        Issuer(
            "EKS",
            "tenant",
            {"sub": _SERVICE_ACCOUNT},
            whom=("every pod of the cluster", "several service accounts", ""),
        ),
    ),
    (
        re.compile(r"oidc\.circleci\.com/org/.+"),
        Issuer(
            "CircleCI",
            "tenant",
            {"sub": Claim(("org/{tenant}/project/{project}/{rest}",)), "oidc.circleci.com/project-id": Claim()},
            whom=("every project of the organization", "several projects", ""),
        ),
    ),
    (
        re.compile(r"api\.bitbucket\.org/2\.0/workspaces/.+/pipelines-config/identity/oidc"),
        Issuer(
            "Bitbucket",
            "tenant",
            {"sub": Claim(("{project}:{rest}",))},
            whom=("every repository of the workspace", "several repositories", ""),
        ),
    ),
    (
        re.compile(r"(rh-oidc\.s3\.us-east-1\.amazonaws\.com|oidc\.op1\.openshiftapps\.com)/2[a-z0-9]{31}"),
        _TURBONOMIC,
    ),
    (re.compile(r"cognito-identity(-us-gov)?(\.[a-z0-9-]+)?\.amazonaws\.com(\.cn)?"), _COGNITO),
)


def issuer_of(address: str) -> Issuer:
    """What is known of an issuer, by its address without scheme; an unnamed one for the rest of the world."""
    if address in _SHARED:
        return _SHARED[address]
    return next((issuer for form, issuer in _ONE_TENANT if form.fullmatch(address)), _UNKNOWN)
