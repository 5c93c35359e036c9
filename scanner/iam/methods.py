"""The escalation catalogue: known ways in which rights become more rights, as data that the graph executes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

On = Literal[
    "self",
    "target",
    "assume",
    "own-policy",
    "target-policy",
    "own-group",
    "target-group",
    "boundary-policy",
    "new-role",
    "new-user",
    "new-group",
    "new-policy",
    "new-profile",
    "target-provider",
    "service",
]
TargetKind = Literal["self", "role", "user", "group", "new-role", "new-user", "new-group", "permission-set", "outside"]
Must = Literal[
    "profile",
    "no-profile",
    "not-service-linked",
    "no-password",
    "password",
    "fewer-keys",
    "two-keys",
    "boundary",
    "boundary-lifted",
    "boundary-older-version",
    "deny-attached",
    "deny-inline",
    "deny-group",
    "deny-policy",
    "older-version",
    "tag-session",
    "conditions-on-own-tags",
    "conditions-on-target-tags",
    "conditions-on-mfa",
    "conditions-on-name",
    "trusts-saml",
    "trusts-oidc",
    "trusts-missing-provider",
    "deploys",
    "web-identity",
]
Gain = Literal["become", "empower", "both", "lift", "weaken", "outside"]
Sure = Literal["documented", "plausible", "untested"]

_CATALOGUE = Path(__file__).parent / "data" / "escalation.json"


class Act(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One action that has to be allowed, and on what.

    Attributes:
        action: spelt as the service authorization reference spells it.
        on: ``self`` the ARN of the caller; ``target`` the ARN of the target, for iam:PassRole the role that is passed;
            ``assume`` sts:AssumeRole of the target, decided by identity and trust policies together; ``own-policy`` a
            customer-managed policy attached to the caller or one of its groups; ``target-policy`` one attached to the
            target or, where that is a user, one of its groups; ``own-group`` a group of which the calling user is a
            member; ``target-group`` a group whose membership is privileged; ``boundary-policy`` the customer-managed
            policy that bounds the target; ``new-...`` something that does not exist yet; ``target-provider`` a SAML or
            OIDC provider named by the trust policy of the target; ``service`` a resource that IAM data does not hold.
    """

    action: str
    on: On


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a method ends at.

    Attributes:
        trusts: service principals, any of which the trust policy of the role must name; as the federated principal of
            sts:AssumeRoleWithWebIdentity where ``must`` has ``web-identity``.
        must: what else has to be true of the target, all of it; with ``self``, of the caller.

    The words of ``must``:
        ``profile``, ``no-profile``: whether an instance profile holds the role.
        ``fewer-keys``, ``two-keys``, ``no-password``, ``password``: how many access keys it has, and whether a login
        profile.
        ``boundary-lifted``: it has a permissions boundary, and would be an administrator without it;
        ``boundary-older-version``: with another version of the customer-managed policy that bounds it.
        ``deny-attached``, ``deny-inline``, ``deny-group``, ``deny-policy``: it would be an administrator but for a Deny
        in an attached managed policy, an inline policy, a policy of its group, a customer-managed policy.
        ``older-version``: a version other than the default of an attached customer-managed policy grants more.
        ``tag-session``: its trust policy allows sts:TagSession.
        ``conditions-on-own-tags``: what its policies grant hangs on aws:PrincipalTag.
        ``conditions-on-target-tags``: what the caller may do to it hangs on its tags.
        ``conditions-on-mfa``, ``conditions-on-name``: rights hang on MFA, or on the name of the principal.
        ``trusts-saml``, ``trusts-oidc``: its trust policy names a provider of that kind;
        ``trusts-missing-provider``: one that does not exist.
        ``deploys``: it may itself assume, or pass to a service, something privileged.
    """

    kind: TargetKind
    trusts: tuple[str, ...] = ()
    must: tuple[Must, ...] = ()


class Method(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One known way to gain rights.

    Attributes:
        id: stable; as in pathfinding.cloud where the method is known there. ``/2`` and so on mark ways of the same
            method that have another target, or need another resource.
        gain: ``become`` the caller can act as the target; ``empower`` it can give the target any rights, which is an
            escalation where the target is itself and nothing yet where it cannot act as the target; ``both``; ``lift``
            a limit goes, and what the policies grant without it decides; ``weaken`` a guardrail goes and nothing is
            granted; ``outside`` what is gained lies outside the IAM data of the account.
        ways: alternatives, each a set of acts that are all needed.
        passed_to: values of iam:PassedToService under which the role is passed; any of them will do.
        needs: a resource that IAM data does not show and that has to exist; empty where there is none.
        conditions: what else has to hold and cannot be told from IAM data.
        sure: how well the method is known to work.
        optional: actions that help, or are needed in some settings.
        retired: the service takes no new customers or is closed.
    """

    id: str
    name: str
    service: str
    category: str
    gain: Gain
    ways: tuple[tuple[Act, ...], ...]
    target: Target
    caller: Literal["any", "user", "role"] = "any"
    passed_to: tuple[str, ...] = ()
    needs: str = ""
    conditions: tuple[str, ...] = ()
    sure: Sure = "documented"
    optional: tuple[str, ...] = ()
    retired: bool = False
    sources: tuple[str, ...] = ()


class Yield(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A way to read a credential or a secret; ``yields`` names what comes out, and ``ways`` are alternatives."""

    id: str
    name: str
    service: str
    ways: tuple[tuple[str, ...], ...]
    yields: str
    sure: Sure
    needs: str = ""


class Notable(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A single action by which a thief blinds its hunters or stays."""

    action: str
    why: str


class EscalationCatalogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that is known; every list is in a stable order.

    Attributes:
        version: changes whenever a method is added, removed or means something else.
        yields: ways to read credentials and secrets.
        blinding: actions that stop or blind logging and detection.
        persistence: actions that leave a way back in.
    """

    version: str
    methods: tuple[Method, ...]
    yields: tuple[Yield, ...]
    blinding: tuple[Notable, ...]
    persistence: tuple[Notable, ...]


@cache
def escalation_catalogue() -> EscalationCatalogue:
    """The catalogue that guardrift ships, read once."""
    return msgspec.json.decode(_CATALOGUE.read_bytes(), type=EscalationCatalogue)
