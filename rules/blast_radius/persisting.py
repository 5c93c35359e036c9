"""Who can leave a way back in: credentials of others, trust policies, identity providers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import msgspec

from rules.frameworks import attack, cis, csf, well_architected
from rules.least_privilege.standing import is_told_by_wildcard, surely_escalates
from rules.principals import confidence_in, is_told_elsewhere, principals, resource_part, settled
from rules.response.incident import incident
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.findings import Severity
from scanner.iam.escalation.graph import Graph, graph_of
from scanner.iam.escalation.population import Population, Selection
from scanner.iam.escalation.reach import Reach
from scanner.iam.grants import interest
from scanner.iam.powers import Power
from scanner.inventory import Role, User, known

_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"

_ON_USERS = {
    "iam:CreateAccessKey": "make access keys of others",
    "iam:CreateLoginProfile": "give others a password",
    "iam:UpdateLoginProfile": "change the passwords of others",
    "iam:CreateServiceSpecificCredential": "make service credentials of others",
    "iam:UploadSigningCertificate": "put signing certificates on others",
}
_ON_ROLES = {"iam:UpdateAssumeRolePolicy": "change whom roles trust"}
_ANYWHERE = {
    "iam:UpdateSAMLProvider": "exchange the metadata of a SAML provider",
    "iam:CreateSAMLProvider": "add a SAML provider",
    "iam:CreateOpenIDConnectProvider": "add an OpenID Connect provider",
    "rolesanywhere:CreateTrustAnchor": "add a trust anchor of Roles Anywhere",
    "rolesanywhere:UpdateTrustAnchor": "exchange the certificate of a trust anchor",
}
_NEW_USER = "iam:CreateUser"
_DORMANT = {
    "iam:CreateSAMLProvider", "iam:CreateOpenIDConnectProvider", "rolesanywhere:CreateTrustAnchor", _NEW_USER,
}  # fmt: skip
"""What opens nothing before a role trusts it, or somebody gives it rights."""

_MOST_NAMED = 5


@cache
def _mask(actions: tuple[str, ...]) -> int:
    return interest().mask(actions)


_MAKING = (*_ON_USERS, *_ON_ROLES, *_ANYWHERE)
"""Without one of these there is no way; a new user needs a credential besides."""


class Way(msgspec.Struct, frozen=True):
    """A way to come back.

    Attributes:
        action: by which it is made.
        does: what is done, in words.
        on: the first of the principals that it is done to; empty where it is done to none.
        others: how many more there are.
        certain: whether no condition leaves it open.
    """

    action: str
    does: str
    on: tuple[str, ...]
    others: int
    certain: bool


@rule(
    "iam-can-persist",
    severity="high",
    phase="eradicate",
    subjects=principals,
    apis=("iam:GetAccountAuthorizationDetails",),
    controls=(
        *cis(v7="2.14"),
        *csf("PR.AA-05"),
        *well_architected("SEC03-BP02"),
        *attack(v18="T1098.001"),
        *attack(v18="T1136.003"),
    ),
    references=(f"{_GUIDE}best-practices.html", f"{_GUIDE}id_credentials_access-keys.html"),
)
def iam_can_persist(principal: User | Role, scene: Scene[NoParameters]) -> Hit | None:
    """A principal that is no administrator can leave a way back in.

    ## Why
    Whoever steals it makes a key or a password for somebody else, opens the trust policy of a role, or exchanges the
    certificate by which an identity provider is known, and comes back after the stolen credential was taken away. The
    account is not clean before all of that was searched for. Medium where only things can be made that open nothing by
    themselves: a provider that no role trusts yet, a user without rights. What one does to oneself does not count. Who
    is an administrator, surely can become one, is declared to be one, or has it by a wildcard on the whole service, has
    another finding or is meant to do it; declared response roles may change trust policies. Organization policies,
    which can only restrict, are not looked at.

    ## Fix
    Confine the actions to one's own user (${aws:username} in the resource) or to a path of names, and leave trust
    policies and providers to the pipeline that sets up roles.

    ## Breaks
    Help desks that reset passwords, and tools that rotate keys or set up clusters: confine these by path, and declare
    the role of the pipeline.

    ## Bad
    ```json
    {"groups": [], "policies": [], "roles": [], "users": [
      {"name": "desk", "arn": "arn:aws:iam::111122223333:user/desk", "inline": [
        {"name": "keys", "document": {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "*"}]}}]},
      {"name": "ann", "arn": "arn:aws:iam::111122223333:user/ann"}]}
    ```

    ## Good
    ```json
    {"groups": [], "policies": [], "roles": [], "users": [
      {"name": "desk", "arn": "arn:aws:iam::111122223333:user/desk", "inline": [
        {"name": "keys", "document": {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": "iam:CreateAccessKey",
           "Resource": "arn:aws:iam::*:user/${aws:username}"}]}}]},
      {"name": "ann", "arn": "arn:aws:iam::111122223333:user/ann"}]}
    ```
    """
    if is_told_elsewhere(principal, scene):
        return None
    graph = graph_of(scene.account)
    power = graph.landscape.power(principal.arn)
    ways = (way for way in _ways(graph, power, principal.arn) if not _is_containment(way, principal, scene))
    found = sorted(ways, key=lambda way: (way.action in _DORMANT, way.action))
    settled(power, fails=bool(found))
    if not found:
        if power.potential & _mask(tuple(_ON_USERS)):
            known(scene.account.users)
        if power.potential & _mask(tuple(_ON_ROLES)):
            known(scene.account.roles)
        return None
    severity: Severity = "medium" if all(way.action in _DORMANT for way in found) else "high"
    services = {way.action.partition(":")[0] for way in found}
    if is_told_by_wildcard(power, scene.account, services, severity) or surely_escalates(principal, scene.account):
        return None
    contained = incident(principal, scene)
    return Hit(
        f"It can {'; '.join(map(_sentence, found))}.{contained.sentence}",
        material=tuple(f"persists:{way.action}" for way in found),
        details={"ways": [msgspec.to_builtins(way) for way in found], "incident": contained.evidence},
        severity=severity,
        confidence=confidence_in(power, certain=any(way.certain for way in found)),
    )


def _is_containment(way: Way, principal: User | Role, scene: Scene[NoParameters]) -> bool:
    """Whether a role that contains credentials has to be able to do it: it freezes roles by their trust policy."""
    return way.action in _ON_ROLES and scene.declared.may_respond(principal.arn)


def _sentence(way: Way) -> str:
    shown = ", ".join(resource_part(arn) for arn in way.on)
    more = f" and {way.others} more" if way.others else ""
    return f"{way.does} ({way.action}{' on ' if shown else ''}{shown}{more})"


def _ways(graph: Graph, power: Power, arn: str) -> Iterator[Way]:
    if not power.potential & _mask(_MAKING):
        return
    landscape = graph.landscape
    bit = landscape.people.bit(arn)
    others = landscape.users & ~bit
    for targets, actions in ((others, _ON_USERS), (landscape.roles & ~landscape.kept_by_aws, _ON_ROLES)):
        for action, does in actions.items():
            reached = landscape.on_people.of(power, action)
            found = Selection(reached.certain & targets, reached.possible & targets)
            if found.possible:
                yield _on(landscape.people, found, action, does)
    witnesses = graph.execution.witnesses
    for action, does in _ANYWHERE.items():
        example = witnesses.somewhere(power, action)
        if example is not None:
            yield Way(action, does, (), 0, example[1])
    made = _new_user(graph, power)
    if made is not None:
        yield made


def _on(people: Population, found: Selection, action: str, does: str) -> Way:
    chosen = found.certain or found.possible
    names = tuple(name for _, name in zip(range(_MOST_NAMED), people.members(chosen), strict=False))
    return Way(action, does, names, chosen.bit_count() - len(names), bool(found.certain))


def _new_user(graph: Graph, power: Power) -> Way | None:
    """A new user with a credential; both actions have to be allowed on the same name."""
    bits = interest().bits
    credentials = [
        each for each in ("iam:CreateAccessKey", "iam:CreateLoginProfile") if power.potential & bits[each.lower()]
    ]
    if not credentials or not power.potential & bits[_NEW_USER.lower()]:
        return None
    names = graph.execution.witnesses.names(power, (_NEW_USER, *credentials), "user")
    # A name that is taken is nobody new.
    new = Reach(Population(sorted(name for name in set(names) if not graph.landscape.people.bit(name))))
    made = new.of(power, _NEW_USER)
    for action in credentials:
        equipped = new.of(power, action)
        if made.possible & equipped.possible:
            certain = bool(made.certain & equipped.certain)
            return Way(_NEW_USER, f"make a user with a credential of its own, by {action}", (), 0, certain)
    return None
