"""What the escalation catalogue asks of a target, answered for all principals at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from scanner.iam.caller import takes_tags
from scanner.iam.escalation.landscape import Landscape
from scanner.iam.escalation.population import NONE, Selection
from scanner.iam.methods import Must, Target
from scanner.inventory import Gap, Role, User

_RESERVED = "/aws-reserved/sso.amazonaws.com/"

LIMITS: frozenset[Must] = frozenset(
    {
        "boundary-lifted", "boundary-older-version", "deny-attached", "deny-inline", "deny-group", "deny-policy",
        "older-version", "conditions-on-own-tags", "conditions-on-target-tags", "conditions-on-mfa",
    }
)  # fmt: skip
"""Words about a limit that goes: they are answered by what the principal holds without it, and not by a set."""

NOT_TOLD: frozenset[Must] = frozenset({"boundary", "conditions-on-name", "trusts-missing-provider"})
"""Words that an account's IAM data does not answer; methods that need them are not looked for."""


@dataclass(eq=False)
class Targets:
    """The principals of an account by what is true of them."""

    landscape: Landscape
    _met: dict[Must, Selection] = field(default_factory=dict)
    _described: dict[Target, Selection] = field(default_factory=dict)

    def of(self, target: Target) -> Selection:
        """The principals that a target of the catalogue describes, apart from limits and from what a caller may do."""
        found = self._described.get(target)
        if found is None:
            found = self._described[target] = self._describe(target)
        return found

    def _describe(self, target: Target) -> Selection:
        kinds = {"role": self.landscape.roles, "user": self.landscape.users, "permission-set": self._permission_sets}
        certain = possible = kinds.get(target.kind, 0)
        for must in target.must:
            if must in LIMITS or must == "web-identity":
                continue
            met = self._meeting(must)
            certain, possible = certain & met.certain, possible & met.possible
        if target.trusts:
            trusting = self._trusting(target)
            certain, possible = certain & trusting.certain, possible & trusting.possible
        return Selection(certain, possible)

    def trusting(self, service: str, target: Target) -> Selection:
        """The roles that a service may take, in the way that the target is taken."""
        if "web-identity" in target.must:
            return self.landscape.trusting.trusting_web_identity(service)
        return self.landscape.trusting.trusting_service(service)

    def _trusting(self, target: Target) -> Selection:
        certain = possible = 0
        for service in target.trusts:
            found = self.trusting(service, target)
            certain, possible = certain | found.certain, possible | found.possible
        return Selection(certain, possible)

    @cached_property
    def _permission_sets(self) -> int:
        return self.landscape.where(lambda each: isinstance(each, Role) and each.path.startswith(_RESERVED))

    def _meeting(self, must: Must) -> Selection:
        found = self._met.get(must)
        if found is None:
            found = self._met[must] = self._ask(must)
        return found

    def _ask(self, must: Must) -> Selection:
        landscape = self.landscape
        if must in ("profile", "no-profile"):
            held = landscape.where(lambda each: isinstance(each, Role) and bool(each.instance_profiles))
            return _sure(held if must == "profile" else landscape.roles & ~held)
        if must == "not-service-linked":
            return _sure(landscape.people.all & ~landscape.kept_by_aws)
        if must in ("password", "no-password"):
            return self._passwords(wanted=must == "password")
        if must in ("fewer-keys", "two-keys"):
            return self._keys(two=must == "two-keys")
        if must == "tag-session":
            return _sure(landscape.where(lambda each: isinstance(each, Role) and takes_tags(each)))
        if must in ("trusts-saml", "trusts-oidc"):
            kind = "saml-provider" if must == "trusts-saml" else "oidc-provider"
            found = 0
            for roles in landscape.trusting.providers(kind).values():
                found |= roles
            return _sure(found)
        if must == "deploys":
            return _sure(landscape.roles)
        return NONE

    def _passwords(self, *, wanted: bool) -> Selection:
        report = self.landscape.account.credential_report
        if isinstance(report, Gap):
            return Selection(0, self.landscape.users)
        enabled = {row.user: row.password_enabled for row in report.rows}
        answers = {arn: enabled.get(user.name) for arn, user in self.landscape.policies.users.items()}
        certain = self.landscape.where(lambda each: isinstance(each, User) and answers[each.arn] is wanted)
        unknown = self.landscape.where(lambda each: isinstance(each, User) and answers[each.arn] is None)
        return Selection(certain, certain | unknown)

    def _keys(self, *, two: bool) -> Selection:
        holders = self.landscape.account.access_keys
        if isinstance(holders, Gap):
            return Selection(0, self.landscape.users)
        counts = {holder.user: None if isinstance(holder.keys, Gap) else len(holder.keys) for holder in holders}

        def count(each: User | Role) -> int | None:
            return counts.get(each.name, 0) if isinstance(each, User) else -1

        certain = self.landscape.where(lambda each: (n := count(each)) is not None and n >= 0 and (n >= 2) == two)
        unknown = self.landscape.where(lambda each: count(each) is None)
        return Selection(certain, certain | unknown)


def _sure(members: int) -> Selection:
    return Selection(members, members)
