"""The principals of an account as callers and targets; everything is computed when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from scanner.iam.administrator import (
    Administration,
    Probes,
    administration_by,
    is_kept_from_changes,
    leaves_administrator,
    probes_of,
)
from scanner.iam.context import Values
from scanner.iam.documents import parse
from scanner.iam.escalation.population import Column, Population, bits_of
from scanner.iam.escalation.reach import Reach
from scanner.iam.escalation.trusting import Trusting
from scanner.iam.grants import Extract, extract, interest
from scanner.iam.powers import Power, power_of, read_power
from scanner.iam.sources import AccountPolicies, Source, name_at_aws, policies_of
from scanner.inventory import Account, Document, Group, Role, Tag, Undetermined, User

_EVERYTHING = Document(b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}')
_KEPT_BY_AWS = ("/aws-service-role/", "/aws-reserved/")


@dataclass(eq=False)
class Landscape:
    """One account, indexed for the graph."""

    account: Account
    _powers: dict[str, Power] = field(default_factory=dict)
    _giving: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    _empowering: dict[int, tuple[Extract, bool]] = field(default_factory=dict)

    @cached_property
    def policies(self) -> AccountPolicies:
        """The account's policies."""
        return policies_of(self.account)

    @cached_property
    def probes(self) -> Probes:
        """What tells an administrator."""
        return probes_of(self.account)

    @cached_property
    def principals(self) -> Mapping[str, User | Role]:
        """Users and roles by ARN."""
        return {**self.policies.users, **self.policies.roles}

    @cached_property
    def people(self) -> Population:
        """Users and roles."""
        columns: dict[str, Callable[[str], Column]] = {
            "aws:resourcetag/": self._tags,
            "iam:resourcetag/": self._tags,
            "iam:permissionsboundary": lambda _: self._column(
                (arn, (each.boundary,) if each.boundary else None) for arn, each in self.principals.items()
            ),
        }
        return Population(sorted(self.principals), columns)

    @cached_property
    def groups_by_arn(self) -> Mapping[str, Group]:
        """Groups by ARN."""
        return {group.arn: group for group in self.policies.groups.values()}

    @cached_property
    def groups(self) -> Population:
        """Groups by ARN."""
        return Population(sorted(self.groups_by_arn))

    @cached_property
    def own_policies(self) -> Population:
        """Customer-managed policies by ARN."""
        return Population(sorted(arn for arn in self.policies.managed if name_at_aws(arn) is None))

    @cached_property
    def on_people(self) -> Reach:
        """What may be done to principals."""
        return Reach(self.people)

    @cached_property
    def on_groups(self) -> Reach:
        """What may be done to groups."""
        return Reach(self.groups)

    @cached_property
    def on_policies(self) -> Reach:
        """What may be done to customer-managed policies."""
        return Reach(self.own_policies)

    @cached_property
    def trusting(self) -> Trusting:
        """Who may become which role."""
        account = self.account
        return Trusting(
            self.people, self.principals, lambda arn: self.power(arn).caller, account.account_id, account.partition
        )

    @cached_property
    def users(self) -> int:
        """The users as a set."""
        return self.where(lambda each: isinstance(each, User))

    @cached_property
    def roles(self) -> int:
        """The roles as a set."""
        return self.people.all & ~self.users

    @cached_property
    def kept_by_aws(self) -> int:
        """The roles that IAM refuses to have edited in the account."""
        return self.where(lambda each: isinstance(each, Role) and each.path.startswith(_KEPT_BY_AWS))

    @cached_property
    def empowerable(self) -> int:
        """The principals who are administrators once somebody gives them every right."""
        able = self.where(lambda each: self.would_be_administrator(self.power(each.arn)))
        return able & ~self.kept_by_aws

    @cached_property
    def held(self) -> Mapping[str, tuple[str, ...]]:
        """For each principal its customer-managed policies, those of its groups included."""
        found: dict[str, tuple[str, ...]] = {}
        for arn, principal in self.principals.items():
            attached = [policy.arn for policy in principal.attached]
            for name in principal.groups if isinstance(principal, User) else ():
                group = self.policies.groups.get(name)
                attached += [policy.arn for policy in group.attached] if group else []
            found[arn] = tuple(sorted({policy for policy in attached if self.own_policies.bit(policy)}))
        return found

    @cached_property
    def holders(self) -> Mapping[str, int]:
        """For each customer-managed policy the principals to whom it is attached, be it by a group."""
        found: dict[str, list[int]] = {}
        for place, arn in enumerate(self.people.arns):
            for policy in self.held[arn]:
                found.setdefault(policy, []).append(place)
        return {policy: bits_of(iter(holding)) for policy, holding in found.items()}

    @cached_property
    def administrator_policies(self) -> tuple[str, ...]:
        """Managed policies that alone make an administrator, AWS's first."""
        found = [f"arn:{self.account.partition}:iam::aws:policy/AdministratorAccess"]
        found += [arn for arn in self.own_policies.arns if self._alone_suffices(arn)]
        return tuple(found)

    def policies_giving(self, actions: tuple[str, ...]) -> tuple[str, ...]:
        """Managed policies that make an administrator, then those that allow one of some actions on everything."""
        found = self._giving.get(actions)
        if found is None:
            wanted = interest().mask(actions)
            giving = [f"arn:{self.account.partition}:iam::aws:policy/IAMFullAccess"]
            for arn in self.policies.managed:
                source = self.policy_source(arn, arn)
                if source is not None and extract(source.policy).unlimited & wanted & ~extract(source.policy).denied:
                    giving.append(arn)
            found = self._giving[actions] = tuple(dict.fromkeys((*self.administrator_policies, *giving)))
        return found

    @cached_property
    def everything(self) -> Source:
        """The policy that a thief would add."""
        return Source("identity", "an added policy", parse(_EVERYTHING))

    def power(self, arn: str) -> Power:
        """What a principal holds."""
        found = self._powers.get(arn)
        if found is None:
            found = self._powers[arn] = power_of(self.principals[arn], self.policies)
        return found

    def administration(self, power: Power) -> Administration | None:
        """How a power makes an administrator."""
        return administration_by(power, self.probes)

    def would_be_administrator(self, power: Power) -> bool:
        """Whether the principal is an administrator once somebody gives it every right."""
        if power.boundary is not None and power.bound is not None:
            key = id(power.bound)
            if key not in self._empowering:
                self._empowering[key] = power.bound, leaves_administrator(power.boundary, power.bound, self.probes)
            if not self._empowering[key][1]:
                return False
        return not is_kept_from_changes(power, self.probes)

    def where(self, test: Callable[[User | Role], bool]) -> int:
        """The principals that pass a test, as a set."""
        return bits_of(place for place, arn in enumerate(self.people.arns) if test(self.principals[arn]))

    def policy_source(self, arn: str, name: str) -> Source | None:
        """A managed policy as an identity policy, or None where its document is not known."""
        document = self.policies.default_document(arn)
        return None if isinstance(document, Undetermined) else Source("identity", name, parse(document))

    def _alone_suffices(self, arn: str) -> bool:
        source = self.policy_source(arn, arn)
        if source is None or not any(each.allows for each in source.policy.statements):
            return False
        return self.administration(_nobody(self, source)) is not None

    def _column(self, pairs: Iterable[tuple[str, Values | None]]) -> Column:
        order = {arn: place for place, arn in enumerate(self.people.arns)}
        places: dict[Values | None, list[int]] = {}
        for arn, value in pairs:
            places.setdefault(value, []).append(order[arn])
        return {value: bits_of(iter(found)) for value, found in places.items()}

    def _tags(self, key: str) -> Column:
        wanted = key.partition("/")[2]
        return self._column((arn, _tag(each.tags, wanted)) for arn, each in self.principals.items())


def _tag(tags: tuple[Tag, ...], key: str) -> Values | None:
    return next(((tag.value,) for tag in tags if tag.key.lower() == key), None)


def _nobody(landscape: Landscape, source: Source) -> Power:
    account = landscape.account
    nobody = User(name="nobody", arn=f"arn:{account.partition}:iam::{account.account_id}:user/nobody")
    return read_power(nobody, landscape.policies).with_source(source)
