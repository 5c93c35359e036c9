"""Trust in services of AWS that act for many customers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from rules.frameworks import attack, cis, csf, well_architected
from rules.principals import is_administrator, is_service_linked
from rules.trust.reading import trust_of
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.subjects import roles
from scanner.events.delivery_admission import Sender, admits
from scanner.iam.documents import Policy
from scanner.iam.matching import matches
from scanner.iam.remembered import Remembered
from scanner.inventory import ResourcePolicy, Role

_STRANGER = "000000000000"
_REGION = re.compile(r"\.[a-z]{2}(-[a-z]+)+-\d+\Z")

_SENDING = {
    "appstream": "https://docs.aws.amazon.com/appstream2/latest/developerguide/example-fleet-machine.html",
    "bedrock": "https://docs.aws.amazon.com/bedrock/latest/userguide/agents-permissions.html",
    "codebuild": "https://docs.aws.amazon.com/codebuild/latest/userguide/setting-up-service-role.html",
    "frauddetector": "https://docs.aws.amazon.com/frauddetector/latest/ug/confused-deputy-prevention.html",
    "iot": "https://docs.aws.amazon.com/iot/latest/developerguide/cross-service-confused-deputy-prevention.html",
    "personalize": "https://docs.aws.amazon.com/personalize/latest/dg/cross-service-confused-deputy-prevention.html",
    "scheduler": "https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html",
    "states": "https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html",
    "transfer": "https://docs.aws.amazon.com/transfer/latest/userguide/confused-deputy.html",
}
"""Services that say in the request for a role for whose resource they act, and the page on which AWS tells to ask.

Left out is what hands a role to programs of the account (EC2, Lambda, tasks of ECS), and what is known to fail with
such a condition (CloudTrail for CloudWatch Logs, Elastic Transcoder), or is not known to send it.
"""


@rule(
    "iam-role-trust-confused-deputy",
    severity="medium",
    phase="contain",
    subjects=roles,
    apis=("iam:GetAccountAuthorizationDetails",),
    controls=(*cis(v7="2.21"), *csf("PR.AA-05"), *well_architected("SEC03-BP09"), *attack(v18="T1199")),
    references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html", *_SENDING.values()),
)
def iam_role_trust_confused_deputy(role: Role, scene: Scene[NoParameters]) -> Hit | None:
    """A service may use a role for a customer who is not this account.

    ## Why
    The service works for every customer of AWS, and takes the role whoever asks it to. That a customer may only name
    roles of its own is checked by the service alone, and was forgotten before. These services say for which account
    they act, so that the trust policy can see to it itself. High where the role is an administrator. Only services are
    judged of which AWS documents that: EC2, Lambda or tasks of ECS, which hand a role to programs of the account, are
    not, and neither are those that would stop working.

    ## Fix
    Demand aws:SourceAccount to be this account, in the statement that names the service; aws:SourceArn as well where
    the role is for one resource.

    ## Breaks
    Other services in the same statement that do not send the key: give them a statement of their own. Try it with one
    role, and look for AssumeRole errors in CloudTrail.

    ## Bad
    ```json
    {"users": [], "groups": [], "policies": [], "roles": [
      {"name": "build", "arn": "arn:aws:iam::111122223333:role/build", "trust": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"}]}}]}
    ```

    ## Good
    ```json
    {"users": [], "groups": [], "policies": [], "roles": [
      {"name": "build", "arn": "arn:aws:iam::111122223333:role/build", "trust": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole",
         "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}]}},
      {"name": "app", "arn": "arn:aws:iam::111122223333:role/app", "trust": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}}]}
    ```
    """
    if is_service_linked(role):
        return None
    deputies = [name for name in _sending.of(trust_of(role)) if _acts_for_strangers(role, name)]
    if not deputies:
        return None
    is_admin = is_administrator(role, scene.account)
    verb = "acts" if len(deputies) == 1 else "act"
    return Hit(
        f"The trust policy does not ask for whom {', '.join(deputies)} {verb}: neither aws:SourceAccount nor"
        f" aws:SourceArn binds it.{' The role is an administrator.' if is_admin else ''}",
        material=tuple(f"deputy:{name}" for name in deputies),
        details={"services": deputies, "pages": [_SENDING[_prefix(name)] for name in deputies]},
        severity="high" if is_admin else None,
    )


def _sending_services(policy: Policy) -> tuple[str, ...]:
    """The services that a trust policy names and that say for whom they act, sorted."""
    allowing = (each for each in policy.statements if each.allows)
    named = {name for each in allowing for kind, name in each.principals if kind == "Service"}
    return tuple(sorted(name for name in named if _prefix(name) in _SENDING))


# Roles share few trust policies.
_sending = Remembered(_sending_services)


@lru_cache(maxsize=1024)
def _prefix(service: str) -> str:
    """The service in a principal, without region and suffix."""
    stem = service.lower().removesuffix(".cn").removesuffix(".amazonaws.com")
    return _REGION.sub("", stem)


def _acts_for_strangers(role: Role, service: str) -> bool:
    """Whether the trust policy surely lets the service in when it acts for another account."""
    partition = role.arn.split(":")[1]
    usual = f"arn:{partition}:{_prefix(service)}:eu-west-1:{_STRANGER}:stranger/stranger"
    senders = (
        Sender(service.lower(), source, _STRANGER, "o-0000000000")
        for source in (usual, *_sources_of_strangers(trust_of(role)))
    )
    policy = ResourcePolicy(role.trust)
    return any(admits(policy, sender, "sts:AssumeRole", role.arn).verdict == "yes" for sender in senders)


def _sources_of_strangers(policy: Policy) -> Iterator[str]:
    """For what a stranger's account may have of the sources that a policy demands, one example of each."""
    for statement in policy.statements:
        for condition in statement.conditions:
            if condition.key != "aws:sourcearn" or not statement.allows:
                continue
            for value in condition.values:
                parts = value.split(":", 5)
                if len(parts) == 6 and matches(parts[4], _STRANGER):
                    region = "eu-west-1" if matches(parts[3], "eu-west-1") else _filled(parts[3])
                    rest = (parts[0], _filled(parts[1]), _filled(parts[2]), region, _STRANGER, _filled(parts[5]))
                    yield ":".join(rest)


def _filled(pattern: str) -> str:
    return pattern.replace("*", "stranger").replace("?", "s")
