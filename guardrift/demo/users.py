"""The people and programs of the demo account that have long-term credentials."""

from __future__ import annotations

from typing import Literal, NamedTuple

from guardrift.demo import policies
from guardrift.demo.documents import allow, deny, document
from guardrift.demo.setting import ENFORCING, HOME, iam_arn, regional_arn


class Key(NamedTuple):
    """An access key: its age in days, and how many days ago it was last used, for which service and where."""

    age: float
    used: float | None = None
    service: str = "s3"
    region: str = HOME
    active: bool = True


class Person(NamedTuple):
    """An IAM user, with everything that is said about it; ``age``, and how long ago it last signed in, are in days."""

    name: str
    age: float
    key: Key | None = None
    console: Literal["none", "password", "password and MFA"] = "none"
    inline: str | None = None
    attached: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    boundary: str | None = None
    signed_in: float = 1
    tags: tuple[tuple[str, str], ...] = ()


ADMINISTRATORS = "platform-admins"
EXPORTERS = "exporters"
GROUPS = {
    ADMINISTRATORS: (policies.ADMINISTRATOR, policies.BROWSER_ONLY),
    EXPORTERS: (policies.EXPORTS,),
    "support": (policies.READ_ONLY,),
}

BREAK_GLASS = "break-glass"
"""The user for emergencies, whom the owner of the account declares."""

BAIT = "backup-admin"
"""A user without rights, whose key lies where only a thief looks; a tag tells that."""

USERS = (
    Person(
        "test", 31, Key(12, used=2, service="iam", region="us-east-1"), "password",
        attached=(policies.ADMINISTRATOR,),
    ),
    Person("platform-lead", 700, console="password and MFA", groups=(ADMINISTRATORS,)),
    Person(BREAK_GLASS, 700, console="password and MFA", groups=(ADMINISTRATORS,), signed_in=160),
    Person("data-migration", 340, inline=document(allow("*:*", "*"))),
    Person("bucket-lister", 300, attached=(policies.NAMESAKE,)),
    Person("bounded-admin", 300, attached=(policies.ADMINISTRATOR,), boundary=policies.BOUNDARY),
    Person(
        "systems-operator", 300, console="password and MFA",
        inline=document(deny("iam:*", "*"), deny("signin:*", "*")), attached=(policies.ADMINISTRATOR,),
    ),
    Person("quarantined-admin", 300, inline=document(deny("*", "*")), attached=(policies.ADMINISTRATOR,)),
    Person(
        "parameter-reader", 25, Key(25, used=1, service="ssm"),
        inline=document(
            allow("ssm:DescribeParameters", "*"),
            allow("ssm:GetParameter", regional_arn("ssm", HOME, "parameter/web/*")),
        ),
    ),
    Person("nightly-export", 410, Key(400, used=2), groups=(EXPORTERS,)),
    Person("daily-export", 410, Key(20, used=0.5), groups=(EXPORTERS,)),
    Person("former-contractor", 401, Key(400), groups=(EXPORTERS,)),
    Person("new-hire", 2, Key(1), groups=("support",)),
    Person("retired-batch", 900, Key(700, used=600, region=ENFORCING, active=False), groups=(EXPORTERS,)),
    Person("support-agent", 200, console="password", groups=("support",)),
    Person("support-lead", 200, console="password and MFA", groups=("support",)),
    Person(
        "build-agent", 200, Key(30, used=0.2, service="sts"),
        inline=document(allow("sts:AssumeRole", iam_arn("role", "release-runner"))),
    ),
    Person(
        "report-agent", 200, Key(30, used=0.2, service="sts"),
        inline=document(allow("sts:AssumeRole", iam_arn("role", "report-runner"))),
    ),
    Person(BAIT, 20, Key(20), tags=(("honey", "yes"),)),
)  # fmt: skip
