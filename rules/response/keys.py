"""A leaked key: how far it reaches, and how long a thief keeps what it opened after the key was stopped."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from weakref import WeakKeyDictionary

import msgspec

from rules.frameworks import attack, csf, well_architected
from rules.principals import is_administrator
from rules.response.bare_keys import SecondFactor, second_factor
from rules.response.incident import incident
from rules.response.privileged import require_privileged
from scanner.containment import LONGEST_ROLE_SESSION, LONGEST_USER_SESSION, longest_session
from scanner.engine import Hit, NoParameters, NotNegative, Scene, rule
from scanner.engine.subjects import active_access_keys
from scanner.findings import Severity
from scanner.iam.escalation.chains import chains_of
from scanner.iam.escalation.graph import Graph, graph_of
from scanner.iam.escalation.paths import paths_of
from scanner.iam.escalation.population import bits_of, places
from scanner.iam.powers import Power
from scanner.iam.sources import AccountPolicies, policies_of
from scanner.inventory import AccessKey, Account, Gap, Role, Undetermined, User, known
from scanner.shell import command, option

_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_PLACES = ("aws:sourceip", "aws:sourcevpc", "aws:vpcsourceip")
_MOST_NAMED = 5
_HOUR = timedelta(hours=1)
_WITH_MFA: dict[SecondFactor, str] = {
    "not needed": "",
    "needed": ", but only with MFA, which the key alone does not carry",
    "registered by the key": ", with MFA only, but the key may register a device of its own (iam:EnableMFADevice)",
}
_PRIVILEGED: dict[SecondFactor, str] = {
    "not needed": "key:privileged", "needed": "key:privileged-with-mfa", "registered by the key": "key:registers-mfa",
}  # fmt: skip
_BY_FACTOR: dict[SecondFactor, Severity] = {"needed": "medium", "registered by the key": "high"}


class Keeps(msgspec.Struct, frozen=True):
    """How long a thief keeps access after the responders acted, in hours, at worst.

    Attributes:
        after_key_is_inactive: sessions of the user that were made with the key live on, and open sessions of roles.
        after_user_is_denied: the sessions of roles that were opened before.
        renewable: whether some of these roles can be assumed by sessions of their own, so that access need never end.
    """

    after_key_is_inactive: float
    after_user_is_denied: float
    renewable: bool


class KeyReach(NoParameters, frozen=True):
    """Parameters of ``access-key-reaches-administrator``: from ``rotation_days`` on a key counts as old."""

    rotation_days: NotNegative = 90


@rule(
    "access-key-reaches-administrator",
    severity="critical",
    phase="contain",
    subjects=active_access_keys,
    apis=("iam:GetAccountAuthorizationDetails", "iam:GetCredentialReport", "iam:ListAccessKeys"),
    controls=(*csf("PR.AA-01"), *well_architected("SEC02-BP05"), *attack(v18="T1078.004")),
    references=(
        f"{_GUIDE}id_credentials_access-keys.html",
        f"{_GUIDE}id_credentials_temp_control-access_disable-perms.html",
    ),
    parameters=KeyReach,
)
def access_key_reaches_administrator(key: AccessKey, scene: Scene[KeyReach]) -> Hit | None:
    """A leaked access key would be the whole account.

    ## Why
    The key belongs to a user who is an administrator or can become one. It works from anywhere until somebody stops it,
    and stopping it is not the end: sessions that the thief made with it by sts:GetSessionToken, for which no permission
    is needed, live up to 36 hours, and the sessions of roles that he assumed live on even when everything is denied to
    the user. The evidence says for how long, at worst. Critical where nothing is left open on the way to an
    administrator; otherwise as the path of escalation is judged. Medium where only a session with MFA gets there, which
    the key alone is not; high where the key may register a device of its own for that (AWS's policy that forces MFA
    leaves iam:EnableMFADevice open).

    ## Fix
    Replace the key by a role that the workload gets from where it runs. Until then take away what makes the user an
    administrator, bind the key to known addresses (a Deny unless aws:SourceIp), and let the roles that it reaches have
    short sessions. If it has leaked: deactivate it, deny the user everything, and revoke the sessions of these roles.

    ## Breaks
    Whatever signs with the key; where it was used last is in the evidence.

    ## Bad
    ```json
    {"groups": [], "policies": [], "roles": [],
     "access_keys": [{"user": "ci", "keys": [
      {"id": "AKIAEXAMPLE1", "user": "ci", "status": "Active", "created": "2026-10-01T00:00:00Z"}]}],
     "users": [{"name": "ci", "arn": "arn:aws:iam::111122223333:user/ci", "inline": [
      {"name": "self", "document": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "iam:PutUserPolicy", "Resource": "*"}]}}]}]}
    ```

    ## Good
    ```json
    {"groups": [], "policies": [], "roles": [],
     "access_keys": [{"user": "ci", "keys": [
      {"id": "AKIAEXAMPLE1", "user": "ci", "status": "Active", "created": "2026-10-01T00:00:00Z"}]}],
     "users": [{"name": "ci", "arn": "arn:aws:iam::111122223333:user/ci", "inline": [
      {"name": "buckets", "document": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}}]}]}
    ```
    """
    account = scene.account
    user = _holder(key, account)
    graph = graph_of(account)
    at = graph.place(user.arn)
    if at is None or not (graph.reaching | graph.leading(graph.unread) | graph.leading(graph.cut)) >> at & 1:
        for part in (account.roles, account.groups, account.policies):
            known(part)
        return None
    require_privileged(user, account)
    power = graph.landscape.power(user.arn)
    reached = graph.closure.of(at) & graph.landscape.roles
    keeps = _keeps(reached, account)
    age = scene.at - key.created
    factors = {
        "administrator": is_administrator(user, account),
        "old": age > timedelta(days=scene.parameters.rotation_days),
        "from-anywhere": not _is_bound(power),
        "role-sessions-of-12-hours": bool(reached & _sessions_of(account).longest),
        "renewable": keeps.renewable,
    }
    what = "is an administrator" if factors["administrator"] else "can become an administrator"
    factor = second_factor(user, account)
    held = incident(user, scene)
    return Hit(
        f"Its user {what}{_WITH_MFA[factor]}. {_lasting(keeps)}{_factors(factors)}{held.sentence}",
        material=(_PRIVILEGED[factor], *(f"key:{name}" for name, holds in factors.items() if holds and name != "old")),
        details={
            "user": key.user,
            "age_days": age.days,
            "last_used": None if isinstance(key.last_used, Gap) else key.last_used,
            "last_used_service": key.last_used_service,
            "keeps_access": msgspec.to_builtins(keeps),
            "factors": factors,
            "second_factor": factor,
            "incident": held.evidence,
            "roles_reached": [graph.arn(place) for place in islice(places(reached), _MOST_NAMED)],
            "roles_reached_in_all": reached.bit_count(),
        },
        severity=_BY_FACTOR.get(factor) or _severity(user, account),
        confidence="high" if factor == "not needed" else "medium",
        commands=(_status(key, "Inactive"),),
        undo=(_status(key, "Active"),),
    )


_users: WeakKeyDictionary[AccountPolicies, dict[str, User]] = WeakKeyDictionary()


def _holder(key: AccessKey, account: Account) -> User:
    policies = policies_of(account)
    if policies not in _users:
        _users[policies] = {user.name: user for user in known(account.users)}
    found = _users[policies].get(key.user)
    if found is None:
        raise Undetermined(f"user {key.user}, whose key it is, is not among the users that were collected")
    return found


class _Sessions(msgspec.Struct, frozen=True, eq=False):
    """The roles of an account as sets, by how long their sessions can last; read once for all keys.

    Attributes:
        by_length: from the longest on, a set of roles for each.
        longest: the roles of which it is known that they allow as much as IAM does.
        renewable: the roles that can be assumed by sessions of their own.
    """

    by_length: tuple[tuple[timedelta, int], ...]
    longest: int
    renewable: int


_sessions: WeakKeyDictionary[AccountPolicies, _Sessions] = WeakKeyDictionary()


def _sessions_of(account: Account) -> _Sessions:
    policies = policies_of(account)
    if policies not in _sessions:
        _sessions[policies] = _read_sessions(account, graph_of(account))
    return _sessions[policies]


def _read_sessions(account: Account, graph: Graph) -> _Sessions:
    chains = chains_of(account)
    by_length: dict[timedelta, list[int]] = {}
    longest: list[int] = []
    renewable: list[int] = []
    for place in places(graph.landscape.roles):
        role = graph.nodes[place].power.caller.principal
        if not isinstance(role, Role):
            continue
        lasting = longest_session(role, account)
        by_length.setdefault(lasting.longest, []).append(place)
        if lasting.unknown is None and lasting.longest >= LONGEST_ROLE_SESSION:
            longest.append(place)
        if chains.circle(role.arn) is not None:
            renewable.append(place)
    lengths = sorted(by_length, reverse=True)
    return _Sessions(
        tuple((length, bits_of(by_length[length])) for length in lengths), bits_of(longest), bits_of(renewable)
    )


def _keeps(reached: int, account: Account) -> Keeps:
    """By sessions that begin just before the responders act, and roles that are assumed just before these end."""
    sessions = _sessions_of(account)
    longest = next((length for length, roles in sessions.by_length if roles & reached), timedelta())
    return Keeps(
        after_key_is_inactive=(LONGEST_USER_SESSION + longest) / _HOUR,
        after_user_is_denied=longest / _HOUR,
        renewable=bool(reached & sessions.renewable),
    )


def _is_bound(power: Power) -> bool:
    """Whether some policy of the user speaks of where requests come from."""
    extracts = (*power.extracts, *((power.bound,) if power.bound else ()))
    return any(key.startswith(_PLACES) for each in extracts for key in each.keys)


def _severity(user: User, account: Account) -> Severity | None:
    if is_administrator(user, account):
        return None
    found = paths_of(account).escalation(user.arn)
    return None if found is None or any(path.confidence == "high" for path in found.paths) else "high"


def _lasting(keeps: Keeps) -> str:
    roles = f", and up to {keeps.after_user_is_denied:g} h after the user is denied everything" if (
        keeps.after_user_is_denied
    ) else ""  # fmt: skip
    return f"A thief keeps access up to {keeps.after_key_is_inactive:g} h after the key is deactivated{roles}."


def _factors(factors: dict[str, bool]) -> str:
    words = {
        "old": "the key was not replaced for long",
        "from-anywhere": "it works from any address",
        "renewable": "roles that it reaches can be assumed again and again",
    }
    said = [text for name, text in words.items() if factors[name]]
    return f" What makes it worse: {'; '.join(said)}." if said else ""


def _status(key: AccessKey, status: str) -> str:
    words = (option("--user-name", key.user), option("--access-key-id", key.id))
    return " ".join((command("aws", "iam", "update-access-key", "--status", status), *words))
