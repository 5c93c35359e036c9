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
    """An IAM user, with everything that is said about it; ``age`` is in days."""

    name: str
    age: float
    key: Key | None = None
    console: Literal["none", "password", "password and MFA"] = "none"
    inline: str | None = None
    attached: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    boundary: str | None = None


ADMINISTRATORS = "platform-admins"
GROUPS = {ADMINISTRATORS: (policies.ADMINISTRATOR,), "support": (policies.READ_ONLY,)}

_EXPORTS = document(allow("s3:PutObject", "arn:aws:s3:::demo-exports/*"))

USERS = (
    Person(
        "test", 31, Key(12, used=2, service="iam", region="us-east-1"), "password",
        attached=(policies.ADMINISTRATOR,),
    ),
    Person("platform-lead", 700, console="password and MFA", groups=(ADMINISTRATORS,)),
    Person("break-glass", 700, inline=document(allow("*:*", "*"))),
    Person("bucket-lister", 300, attached=(policies.NAMESAKE,)),
    Person("bounded-admin", 300, attached=(policies.ADMINISTRATOR,), boundary=policies.BOUNDARY),
    Person("systems-operator", 300, inline=document(deny("iam:*", "*")), attached=(policies.ADMINISTRATOR,)),
    Person("quarantined-admin", 300, inline=document(deny("*", "*")), attached=(policies.ADMINISTRATOR,)),
    Person(
        "parameter-reader", 25, Key(25, used=1, service="ssm"),
        inline=document(
            allow("ssm:DescribeParameters", "*"),
            allow("ssm:GetParameter", regional_arn("ssm", HOME, "parameter/web/*")),
        ),
    ),
    Person("nightly-export", 410, Key(400, used=2), inline=_EXPORTS),
    Person("daily-export", 410, Key(20, used=0.5), inline=_EXPORTS),
    Person("former-contractor", 401, Key(400), inline=_EXPORTS),
    Person("new-hire", 2, Key(1), groups=("support",)),
    Person("retired-batch", 900, Key(700, used=600, region=ENFORCING, active=False), inline=_EXPORTS),
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
)  # fmt: skip
