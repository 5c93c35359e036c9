"""For every way of every method of the catalogue the least account in which it works, and what changes in its twins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from scanner.iam.escalation.graph import Graph
from scanner.iam.escalation.paths import Paths
from scanner.iam.methods import Act, Method, escalation_catalogue
from tests.accounts import OWN, allow, deny, policy
from tests.scanner.iam.escalation.building import (
    NOBODY,
    ROOT,
    Json,
    arcs,
    arn,
    graph,
    group,
    inline,
    managed_policy,
    methods,
    role,
    trusting,
    user,
)

NOT_LOOKED_FOR = {
    "retired: the service is closed": {
        "x-codestar-createproject",
        "x-codestar-fromtemplate",
        "x-codestar-associateteammember",
    },
    "weakens a guardrail and grants nothing": {
        "x-sts-assumeroot-unlock",
        "x-iam-enablerootsessions",
        "x-organizations-leave",
        "x-organizations-detachpolicy",
        "x-organizations-updatepolicy",
        "x-organizations-disablepolicytype",
        "x-organizations-moveaccount",
        "x-organizations-removeaccount",
        "x-organizations-attachpolicy",
        "x-organizations-resourcepolicy",
        "x-ec2-imds-downgrade",
    },
    "what is gained lies outside the account's IAM data": {
        "sso-001",
        "x-sso-createaccountassignment",
        "x-identitystore-groupmembership",
        "x-sso-trustedtokenissuer",
        "x-sts-assumeroot-createpassword",
        "x-account-primaryemail",
        "x-cloudformation-servicemanagedstackset",
        "x-iam-servicespecificcredential",
        "x-iam-uploadsshpublickey",
    },
    "changes the role of a permission set, which nobody is known to act as": {
        "sso-002",
        "sso-003",
        "x-sso-customermanagedpolicy",
        "x-sso-permissionsboundary",
        "x-sso-removedeny",
        "x-sso-removedeny/2",
        "x-sso-abac",
    },
    "IAM data does not tell whether it works": {
        "x-iam-updateuser-rename",
        "x-iam-recreate-name",
        "x-iam-recreate-name/2",
        "x-iam-createsamlprovider",
        "x-iam-createoidcprovider/2",
        "x-iam-tag-target/3",
    },
    "told by the step to the target itself, with the condition that the tags or MFA settle": {
        "x-sts-tagsession",
        "x-iam-mfa-other/3",
    },
}
"""Methods that the graph does not look for, by the reason."""

_LEFT_OUT = frozenset().union(*NOT_LOOKED_FOR.values())

METHODS = [method for method in escalation_catalogue().methods if method.id not in _LEFT_OUT]

WAYS = [
    (method, way)
    for method in METHODS
    for way in method.ways
    # The tags of policies are not part of an account's IAM data.
    if way != (Act("iam:TagPolicy", "target-policy"),)
]

ON_PRINCIPALS = ("target", "assume")
SAML, OIDC = f"arn:aws:iam::{OWN}:saml-provider/corp", f"arn:aws:iam::{OWN}:oidc-provider/issuer.example"
BOSS, ME = arn("role", "boss"), "me"


@dataclass(frozen=True)
class Scene:
    """One way of one method, and what is unlike the least account in which it works.

    Attributes:
        missing: an action of the way that nobody allows.
        where: the resources of the Allow for what is done to a target.
        conditions: the conditions of that Allow, by action; ``*`` for all of them.
        more: further statements of the principal.
        trusted: whether the target trusts the service or the principal.
        tags: those of the target.
        capped: an action that a permissions boundary of the principal lacks, or the empty text for none.
    """

    method: Method
    way: tuple[Act, ...]
    missing: str = ""
    where: object = "*"
    conditions: Mapping[str, Json] = field(default_factory=dict)
    more: tuple[Json, ...] = ()
    trusted: bool = True
    tags: Mapping[str, str] = field(default_factory=dict)
    capped: str | None = None

    @property
    def actions(self) -> list[str]:
        """What the principal is allowed."""
        return [act.action for act in self.way if act.action != self.missing]

    def is_more_than_another_without(self, action: str) -> bool:
        """Whether the other actions are enough for another way of the same method."""
        rest = {act.action for act in self.way} - {action}
        return any(rest >= {act.action for act in way} for way in self.method.ways)

    @property
    def target(self) -> str:
        """The ARN of what the method ends at."""
        return {"user": arn("user", "chief"), "group": arn("group", "others")}.get(self.method.target.kind, BOSS)

    @property
    def caller(self) -> str:
        """The ARN of the principal."""
        return arn("role" if self.method.caller == "role" else "user", ME)

    @property
    def _is_of_cdk(self) -> bool:
        """Whether the target is of use only by deploying something privileged itself."""
        return self.method.id == "x-cdk-deployrole"

    def but(self, **changes: Any) -> Scene:
        """A twin."""
        return replace(self, **changes)

    def graph(self) -> Graph:
        """The graph of its account."""
        return graph(*self.entities())

    def is_found(self) -> bool:
        """Whether the method is among the arcs of the principal; a limit that goes has to be of use."""
        built = self.graph()
        if self.method.gain == "lift":
            return self.method.id in methods(Paths(built).escalation(self.caller))
        return self.method.id in arcs(built, self.caller)

    def entities(self) -> list[Json]:
        """The users, roles, groups and policies of its account."""
        if self.method.target.kind == "self" and self.method.gain == "lift":
            return [*self._lifted(), self._boss()]
        if "conditions-on-target-tags" in self.method.target.must:
            unlocked = "iam:CreateAccessKey" if self.method.target.kind == "user" else "sts:AssumeRole"
            return [self._me(allow(unlocked, Condition=_TAGGED_TARGET)), self._target()]
        return [self._me(), self._target(), *self._beside()]

    def _statements(self) -> list[Json]:
        found: list[Json] = []
        for act in self.way:
            if act.action == self.missing:
                continue
            said = self.conditions.get(act.action) or self.conditions.get("*")
            narrowed = act.on in ON_PRINCIPALS or act.action in self.conditions
            resources = self.where if act.on in ON_PRINCIPALS else "*"
            found.append(allow(act.action, resources, **({"Condition": said} if said and narrowed else {})))
        return [*found, *self.more]

    def _me(self, *more: Json, **elements: Any) -> Json:
        made = role if self.method.caller == "role" else user
        if self.capped is not None:
            kept = [act.action for act in self.way if act.action != self.capped]
            elements["boundary"] = arn("policy", "edge") if kept else arn("policy", "shut")
        if any(act.on == "own-policy" for act in self.way):
            elements.setdefault("managed", [arn("policy", "own")])
        if any(act.on == "own-group" for act in self.way):
            elements.setdefault("groups", ["mine"])
        return made(ME, *self._statements(), *more, **elements)

    def _beside(self) -> list[Json]:
        kept = [act.action for act in self.way if act.action != self.capped]
        privileged = [allow()] if "target-group" in {act.on for act in self.way} else []
        return [
            *([role("deployed", allow(), trust=[trusting("cloudformation.amazonaws.com")])] if self._is_of_cdk else []),
            *([group("mine")] if any(act.on == "own-group" for act in self.way) else []),
            group("others", *privileged),
            managed_policy("own", policy(allow("s3:ListBucket"))),
            managed_policy("of-boss", policy(allow("s3:ListBucket")), policy(allow())),
            # With the right to change itself a principal would only be bounded in name, were the boundary narrower.
            managed_policy("edge", policy(allow("*") if self.capped == "" else allow(kept))),
            managed_policy("shut", policy(allow("s3:ListBucket"))),
        ]

    def _boss(self) -> Json:
        return role("boss", allow(), trust=[trusting(ROOT)])

    def _target(self) -> Json:
        must = self.method.target.must
        if self.method.target.kind == "user":
            rights = [allow("s3:ListBucket")] if self.method.gain == "both" else [allow()]
            return user("chief", *rights, tags=self.tags)
        elements: dict[str, Any] = {"profile": "profile" in must, "tags": self.tags}
        rights = [allow()]
        if any(act.on == "target-policy" for act in self.way):
            elements["managed"], rights = [arn("policy", "of-boss")], []
        elif self.method.gain == "both" and "boundary-lifted" not in must:
            rights = [allow("s3:ListBucket")]
        if "boundary-lifted" in must:
            elements["boundary"] = arn("policy", "shut")
        if self._is_of_cdk:
            rights = [allow(["iam:PassRole", "cloudformation:CreateStack"])]
        return role("boss", *rights, trust=self._trust(), **elements)

    def _trust(self) -> list[Json]:
        if not self.trusted:
            return [NOBODY]
        must, services = self.method.target.must, self.method.target.trusts
        if "trusts-saml" in must:
            return [trusting(SAML, kind="Federated", action="sts:AssumeRoleWithSAML")]
        if "trusts-oidc" in must:
            return [trusting(OIDC, kind="Federated", action="sts:AssumeRoleWithWebIdentity")]
        if "web-identity" in must:
            return [trusting(services[0], kind="Federated", action="sts:AssumeRoleWithWebIdentity")]
        tagging = ["sts:AssumeRole", "sts:TagSession"] if "tag-session" in must else "sts:AssumeRole"
        found = [trusting(services[0], action=tagging)] if services else []
        if any(act.on == "assume" for act in self.way) or "conditions-on-target-tags" in must:
            found.append(trusting(ROOT))
        return found or [NOBODY]

    def _lifted(self) -> Iterable[Json]:
        """A principal that may assume the privileged role but for one limit, with what it takes to be rid of that."""
        must = set(self.method.target.must)
        assume, refuse = allow("sts:AssumeRole"), deny("sts:AssumeRole")
        rights = allow(self.actions) if self.actions else allow("s3:ListBucket")
        lifting = policy(rights)
        if must & {"boundary-lifted", "boundary-older-version"}:
            older = [policy(assume)] if "boundary-older-version" in must else []
            yield self._me(assume, boundary=arn("policy", "limit"))
            yield managed_policy("limit", lifting, *older)
        elif "deny-policy" in must or "deny-attached" in must:
            yield self._me(assume, managed=[arn("policy", "limit")])
            yield managed_policy("limit", policy(refuse), policy(allow("s3:ListBucket")))
        elif "deny-inline" in must:
            yield self._me(assume, more=[inline(refuse, name="limit")])
        elif "deny-group" in must:
            yield self._me(assume, groups=["limit"])
            by_inline = not any(act.action == "iam:DetachGroupPolicy" for act in self.way)
            yield group(
                "limit", *([refuse] if by_inline else []), managed=[] if by_inline else [arn("policy", "limit")]
            )
            yield managed_policy("limit", policy(refuse))
        elif "older-version" in must:
            yield self._me(managed=[arn("policy", "limit")])
            yield managed_policy("limit", policy(allow("s3:ListBucket")), policy(assume))
        elif "conditions-on-own-tags" in must:
            yield self._me(allow("sts:AssumeRole", Condition={"StringEquals": {"aws:PrincipalTag/team": "boss"}}))
        else:
            yield self._me(allow("sts:AssumeRole", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))


_TAGGED_TARGET = {"StringEquals": {"aws:ResourceTag/team": "boss"}}
