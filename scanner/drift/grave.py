"""Actions that weigh more than their access level says: reading secrets, running code elsewhere, destroying for good.

Sources: "Actions, resources, and condition keys" of each service in the Service Authorization Reference; MITRE ATT&CK
T1555.006 (secrets), T1530 (data), T1651 (commands), T1485 and T1490 (destruction).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from scanner.drift.actions import levels_of
from scanner.drift.told import Actions, Grant
from scanner.findings import SEVERITIES, Severity
from scanner.iam.matching import matches

_ANY = "\ue000" * 96
"""A name that no pattern has a part of, unless it covers all names; longer than what a row of ``?`` stands for."""

_PARAMETER = (f"ssm:{{}}:parameter/{_ANY}",)
_INSTANCE = (f"ec2:{{}}:instance/{_ANY}", f"ssm:{{}}:managed-instance/{_ANY}")
_FUNCTION = (f"lambda:{{}}:function:{_ANY}",)
_TASK = (f"ecs:{{}}:task/{_ANY}/{_ANY}", f"ecs:{{}}:task/{_ANY}", f"ecs:{{}}:cluster/{_ANY}")
_OBJECT = (f"s3:{{}}:{_ANY}/{_ANY}",)

_ON_EVERYTHING: Mapping[str, tuple[Severity, tuple[str, ...]]] = {
    "secretsmanager:getsecretvalue": ("high", (f"secretsmanager:{{}}:secret:{_ANY}",)),
    "ssm:getparameter": ("high", _PARAMETER),
    "ssm:getparameters": ("high", _PARAMETER),
    "ssm:getparametersbypath": ("high", _PARAMETER),
    "ssm:getparameterhistory": ("high", _PARAMETER),
    "kms:decrypt": ("high", (f"kms:{{}}:key/{_ANY}",)),
    "s3:getobject": ("medium", _OBJECT),
    "s3:getobjectversion": ("medium", _OBJECT),
    "ssm:sendcommand": ("high", _INSTANCE),
    "ssm:startsession": ("high", _INSTANCE),
    "ec2-instance-connect:sendsshpublickey": ("high", _INSTANCE),
    "ec2-instance-connect:sendserialconsolesshpublickey": ("high", _INSTANCE),
    "lambda:updatefunctioncode": ("high", _FUNCTION),
    "ecs:executecommand": ("high", _TASK),
}
"""What weighs where it is held on all things of a kind, with the form of these: service, region and account, name."""

_ANYWHERE: Mapping[str, Severity] = {
    "kms:schedulekeydeletion": "high",
    "kms:deleteimportedkeymaterial": "high",
    "s3:deletebucket": "high",
    "backup:deleterecoverypoint": "high",
}
"""What weighs on anything: nothing brings it back."""


def of_grave(grant: Grant) -> Severity | None:
    """How bad the worst of a grant is by this list; None where nothing of it is held."""
    found: list[Severity] = []
    for action in _held(grant.actions):
        if action in _ANYWHERE:
            found.append(_ANYWHERE[action])
            continue
        severity, forms = _ON_EVERYTHING[action]
        if any(_is_everything(each, forms) for each in grant.resources):
            found.append(severity)
    return min(found, key=SEVERITIES.index) if found else None


def _held(actions: Iterable[Actions]) -> set[str]:
    """The actions of the list that a grant has."""
    found = set[str]()
    for each in actions:
        listed = {name for name in (*_ON_EVERYTHING, *_ANYWHERE) if each.service in ("*", name.partition(":")[0])}
        if not listed:
            continue
        if each.level == "*":
            found |= listed
        elif each.count > 1 and len(each.names) == 1:
            found |= listed & {name.lower() for name in levels_of(each.service).get(each.level, ())}
        else:
            found |= listed & {name.lower() for name in each.names}
    return found


def _is_everything(label: str, forms: Iterable[str]) -> bool:
    """Whether patterns, of which all have to match, cover all names of one of the forms."""
    patterns = label.split(" & ")
    return any(all(pattern == "*" or matches(pattern, _asked(pattern, form)) for pattern in patterns) for form in forms)


def _asked(pattern: str, form: str) -> str:
    """A thing of a form in the region and account of a pattern, where it names them; else in any."""
    parts = [part.replace("*", "x").replace("?", "x") for part in pattern.split(":", 5)]
    _, partition, _, region, account, *_ = [*parts, *[""] * (6 - len(parts))]
    service, _, rest = form.partition(":")
    # Buckets are in no region and of no account, as their ARNs have it.
    where = ":" if service == "s3" else f"{region or 'us-east-1'}:{account or '000000000000'}"
    return f"arn:{partition or 'aws'}:{service}:{rest.format(where)}"
