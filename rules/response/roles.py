"""The response role: is there one, who can become it, is it practised?"""

from __future__ import annotations

from datetime import datetime, timedelta

from rules.frameworks import attack, csf, well_architected
from rules.principals import resource_part
from rules.response.responders import contains_somebody, responders, trust_faults
from scanner.engine import Hit, NoParameters, NotNegative, Scene, rule
from scanner.engine.subjects import the_account
from scanner.findings import SEVERITIES
from scanner.inventory import Account, Role, Undetermined

_MOST_NAMED = 10
_DETAILS = ("iam:GetAccountAuthorizationDetails",)
_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_PRACTICES = "https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/"
_ACCESS = f"{_PRACTICES}sec_incident_response_pre_provision_access.html"


@rule(
    "response-role-missing",
    severity="critical",
    phase="contain",
    subjects=the_account,
    apis=_DETAILS,
    controls=(*csf("RS.MA-01"), *well_architected("SEC10-BP05", "SEC03-BP03"), *attack(v18="T1078.004")),
    references=(_ACCESS, f"{_GUIDE}id_roles_use_revoke-sessions.html"),
)
def response_role_missing(account: Account, scene: Scene[NoParameters]) -> Hit | None:
    """There is no role with which credentials are contained.

    ## Why
    Whoever is woken at night needs a role that is there already: made beforehand, assumed with MFA, allowed to put a
    Deny on any user or role and to deactivate keys. Without one people reach for whatever is at hand, such as the very
    administrator that may be stolen, and the thief has the hours that this takes. The roles that the owner declares are
    looked for; one of them has to be able to put a Deny on somebody. Where none is declared, a role counts that by its
    own policies can contain any user and any role, and that nobody but people of this account or of a declared one can
    assume, with MFA.

    ## Fix
    Make a role in every account that may call iam:PutRolePolicy, iam:PutUserPolicy and iam:UpdateAccessKey, and may
    read; let only the responders' account assume it, with MFA. Name it in the configuration (declared response_roles,
    and the account in response_accounts), and practise with it.

    ## Breaks
    Nothing. Whoever holds the role can become an administrator, so watch every use of it.

    ## Bad
    ```json
    {"users": [], "groups": [], "policies": [], "roles": [
      {"name": "app", "arn": "arn:aws:iam::111122223333:role/app", "trust": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
       "inline": [{"name": "all", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": "*", "Resource": "*"}]}}]}]}
    ```

    ## Good
    ```json
    {"users": [], "groups": [], "policies": [], "roles": [
      {"name": "responder", "arn": "arn:aws:iam::111122223333:role/responder",
       "trust": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole",
          "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]},
       "inline": [{"name": "contain", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Resource": "*",
          "Action": ["iam:PutRolePolicy", "iam:PutUserPolicy", "iam:UpdateAccessKey"]}]}}]}]}
    ```
    """
    found = responders(scene)
    if found.roles:
        return _powerless(found.roles, account, scene.at) if found.declared else None
    if found.unclear:
        raise Undetermined(found.unclear)
    if found.declared:
        return Hit(
            f"No role of this account is named by what the configuration declares: "
            f"{', '.join(scene.declared.response_roles)}.",
            material=("response-role:missing",),
            details={"declared": scene.declared.response_roles},
        )
    return Hit(
        "No response role is declared, and no role is plainly made to be one: able to contain any user and role, and "
        "assumed by nobody but people with MFA. If there is one, declare it in the configuration (response_roles, and "
        "in response_accounts the account from which it is assumed).",
        material=("response-role:missing",),
        details={"declared": [], "assumed_too_widely": [resource_part(role.arn) for role in found.doubtful]},
    )


def _powerless(roles: tuple[Role, ...], account: Account, at: datetime) -> Hit | None:
    """That none of the declared roles can contain anybody."""
    unclear: Undetermined | None = None
    for role in roles:
        try:
            if contains_somebody(role, account, at):
                return None
        except Undetermined as reason:
            unclear = unclear or reason
    if unclear is not None:
        raise unclear
    names = [resource_part(role.arn) for role in roles]
    return Hit(
        f"A response role is declared, but by its policies as they are at present nobody can be contained with "
        f"{' or '.join(names[:_MOST_NAMED])}: it may put no Deny on any user or role.",
        material=("response-role:powerless",),
        details={"declared": names},
    )


@rule(
    "response-role-trust",
    severity="critical",
    phase="contain",
    subjects=the_account,
    apis=_DETAILS,
    controls=(*csf("PR.AA-05"), *well_architected("SEC10-BP05", "SEC03-BP03"), *attack(v18="T1078.004")),
    references=(
        _ACCESS,
        f"{_GUIDE}id_roles_create_for-user.html",
        f"{_GUIDE}id_credentials_mfa_configure-api-require.html",
    ),
)
def response_role_trust(account: Account, scene: Scene[NoParameters]) -> Hit | None:
    """The role for containment can be assumed by others than the responders, or without MFA.

    ## Why
    Who can put policies on every principal can become any of them: the response role is one of the most powerful of the
    account, and lies unused, so that nobody knows what is usual for it. Critical where a foreign account that is not
    declared, a workload, or strangers of an identity provider can assume it, and where nobody can, since then there is
    none tonight; high where MFA is not asked for. MFA counts as asked for where people come by SAML, by IAM Identity
    Center, or from a role of this account that demands it: the session of a role carries no sign of MFA, so that a
    trust policy cannot demand it of one. Whether a role of the responders' account demands it is seen only
    there. Where no response role is declared, those roles are looked at that could be
    it: people may assume them, and they can contain any user and role without being administrators (medium).

    ## Fix
    Name the account of the responders alone, and demand aws:MultiFactorAuthPresent; declare that account in the
    configuration (response_accounts).

    ## Breaks
    Programs that assume the role with a long-term key. Give automation a role of its own that may do less.

    ## Bad
    ```json
    {"users": [], "groups": [], "policies": [], "roles": [
      {"name": "responder", "arn": "arn:aws:iam::111122223333:role/responder",
       "trust": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999988887777:root"}, "Action": "sts:AssumeRole"}]},
       "inline": [{"name": "contain", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Resource": "*",
          "Action": ["iam:PutRolePolicy", "iam:PutUserPolicy", "iam:UpdateAccessKey"]}]}}]}]}
    ```

    ## Good
    ```json
    {"users": [], "groups": [], "policies": [], "roles": [
      {"name": "responder", "arn": "arn:aws:iam::111122223333:role/responder",
       "trust": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole",
          "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]},
       "inline": [{"name": "contain", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Resource": "*",
          "Action": ["iam:PutRolePolicy", "iam:PutUserPolicy", "iam:UpdateAccessKey"]}]}}]}]}
    ```
    """
    judged = responders(scene)
    faults = {role.arn: trust_faults(role, account, scene.declared) for role in (*judged.roles, *judged.doubtful)}
    told = [(resource_part(arn), fault) for arn, each in faults.items() for fault in each]
    found = [(name, fault) for name, fault in told if not fault.is_unseen]
    if not found:
        if told:
            raise Undetermined(f"{told[0][0]}: {told[0][1].sentence}")
        if judged.unclear:
            raise Undetermined(judged.unclear)
        return None
    return Hit(
        ("" if judged.declared else "No response role is declared; of those that could be it: ")
        + " ".join(f"{name}: {fault.sentence}" for name, fault in found),
        material=tuple(sorted(f"{name}:{fault.token}" for name, fault in found)),
        details={"roles": {arn: [fault.token for fault in each] for arn, each in faults.items()}},
        severity=min((fault.severity for _, fault in found), key=SEVERITIES.index) if judged.declared else "medium",
    )


class Drill(NoParameters, frozen=True):
    """Parameters of ``response-role-unused``: ``days`` is how long ago the last drill may be."""

    days: NotNegative = 180


@rule(
    "response-role-unused",
    severity="medium",
    phase="contain",
    subjects=the_account,
    apis=_DETAILS,
    controls=(*csf("ID.IM-02"), *well_architected("SEC10-BP07"), *attack(v18="T1078.004")),
    references=(f"{_PRACTICES}sec_incident_response_run_game_days.html", f"{_GUIDE}access_policies_last-accessed.html"),
    parameters=Drill,
)
def response_role_unused(_: Account, scene: Scene[Drill]) -> Hit | None:
    """The role for containment was not assumed in a drill for a long time.

    ## Why
    A way in that nobody has walked for months is shut when it is needed: the MFA device was replaced, the people left,
    the account that is trusted was closed. An exercise twice a year shows that before the incident does.

    ## Fix
    Assume the role from where the responders sit, put a harmless policy on a role made for the drill, take it off
    again, and note how long that took.

    ## Breaks
    Nothing.

    ## Bad
    ```json
    {"users": [], "groups": [], "policies": [], "roles": [
      {"name": "responder", "arn": "arn:aws:iam::111122223333:role/responder", "created": "2025-01-01T00:00:00Z",
       "last_used": "2026-02-01T00:00:00Z",
       "trust": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole",
          "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]},
       "inline": [{"name": "contain", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Resource": "*",
          "Action": ["iam:PutRolePolicy", "iam:PutUserPolicy", "iam:UpdateAccessKey"]}]}}]}]}
    ```

    ## Good
    ```json
    {"users": [], "groups": [], "policies": [], "roles": [
      {"name": "responder", "arn": "arn:aws:iam::111122223333:role/responder", "created": "2025-01-01T00:00:00Z",
       "last_used": "2026-10-01T00:00:00Z",
       "trust": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole",
          "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]},
       "inline": [{"name": "contain", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Resource": "*",
          "Action": ["iam:PutRolePolicy", "iam:PutUserPolicy", "iam:UpdateAccessKey"]}]}}]}]}
    ```
    """
    limit = timedelta(days=scene.parameters.days)
    judged = responders(scene)
    idle = [role for role in judged.roles if (since := _since(role)) is not None and scene.at - since > limit]
    if idle:
        return Hit(
            " ".join(_told(role) for role in idle) + f" The limit is {limit.days} days.",
            material=tuple(f"{resource_part(role.arn)}:unused" for role in idle),
            details={"roles": {role.arn: role.last_used for role in idle}},
        )
    if judged.unclear:
        raise Undetermined(judged.unclear)
    for role in judged.roles:
        if _since(role) is None:
            raise Undetermined(f"the snapshot does not tell when {role.name} was last used")
    return None


def _since(role: Role) -> datetime | None:
    return role.last_used or role.created if role.tells_use else None


def _told(role: Role) -> str:
    name = resource_part(role.arn)
    return f"{name} was last used {role.last_used:%Y-%m-%d}." if role.last_used else f"No use of {name} is known."
