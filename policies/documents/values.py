"""What may stand in a document: values that IAM cannot have are refused, and none is read as a pattern.

A name that a thief chose must never widen a Deny, or empty it. ``*`` and ``?`` are wildcards to the ARN operators, and
``${`` begins a policy variable. Names of IAM hold none of these, but a path may: there they are written as AWS has it,
``${*}``, ``${?}`` and ``${$}``, which stand for the characters themselves.

Sources: the patterns of the API models of IAM, STS, EC2 and Identity Store; "IAM policy elements: Variables and tags"
in the IAM User Guide.
"""

from __future__ import annotations

import ipaddress
import re

from policies.cutoff import PLACEHOLDER, parse_cutoff
from policies.documents.writing import NotWritable
from scanner.iam.variables import escaped

_NAME = r"[A-Za-z0-9_+=,.@-]"
_PARTITION = r"aws(?:-[a-z]+)*"
_START = rf"arn:(?P<partition>{_PARTITION}):"
_PATH = r"/(?:[!-~]+/)?"

_PRINCIPAL = re.compile(
    rf"{_START}iam::(?P<account>[0-9]{{12}}):(?:root|role(?P<path>{_PATH}){_NAME}{{1,64}}|user{_PATH}{_NAME}{{1,64}})"
    rf"|arn:{_PARTITION}:sts::[0-9]{{12}}:federated-user/{_NAME}{{2,32}}"
)
_SESSION_ARN = re.compile(r"arn:[a-z0-9-]+:sts::[0-9]{12}:assumed-role/.*", re.DOTALL)
_INSTANCE = re.compile(rf"{_START}ec2:[a-z]{{2,}}(?:-[a-z]+)+-[0-9]+:[0-9]{{12}}:instance/i-[0-9a-f]{{8,17}}")
_LONGEST_ARN = 2_048


def checked(text: str, pattern: str, fault: str) -> str:
    """The text, where the whole of it is of this pattern; raises ``NotWritable`` with the fault for any other."""
    if not re.fullmatch(pattern, text):
        raise NotWritable(f"{text!r} {fault}")
    return text


def account_id(text: str) -> str:
    """The id of an account."""
    return checked(text, r"[0-9]{12}", "is no account id: twelve digits")


def partition(text: str) -> str:
    """A partition, such as ``aws`` or ``aws-cn``."""
    return checked(text, _PARTITION, "is no partition of AWS, such as aws or aws-us-gov")


def role_id(text: str) -> str:
    """The unique id of a role, which is what ``aws:userid`` of its sessions begins with."""
    return checked(text, r"AROA[A-Z0-9]{1,124}", "is no unique id of a role: AROA, capitals and digits")


def session_name(text: str) -> str:
    """The name of a session of a role."""
    return checked(text, rf"{_NAME}{{2,64}}", "is no name of a session: 2 to 64 letters, digits and _+=,.@-")


def source_identity(text: str) -> str:
    """A source identity, as whoever assumes a role states it."""
    if text.lower().startswith("aws:"):
        raise NotWritable(f"{text!r} is no source identity: none begins with aws:")
    return checked(text, rf"{_NAME}{{2,64}}", "is no source identity: 2 to 64 letters, digits and _+=,.@-")


def user_id(text: str) -> str:
    """The id of a person in IAM Identity Center."""
    uuid = r"[A-Fa-f0-9]{8}(?:-[A-Fa-f0-9]{4}){3}-[A-Fa-f0-9]{12}"
    return checked(
        text,
        rf"(?:[0-9a-f]{{10}}-)?{uuid}",
        "is no id of a user of IAM Identity Center, such as 906751796e-2d4bf78f-1f11-44b1-8c5d-1f2f6a3b4c5d",
    )


def instance_arn(text: str) -> str:
    """The ARN of an EC2 instance."""
    if not _INSTANCE.fullmatch(text):
        raise NotWritable(
            f"{text!r} is no ARN of an instance: arn:aws:ec2:REGION:ACCOUNT:instance/i- and 8 to 17 hexadecimal digits"
        )
    return text


def principal_arn(text: str) -> str:
    """What ``aws:PrincipalArn`` is compared with: the ARN of a role, user, federated user or root user, as a pattern.

    The pattern matches this ARN alone. A session is refused: the key of its requests holds the ARN of its role.
    """
    if _SESSION_ARN.fullmatch(text):
        raise NotWritable(f"{text!r} is a session: give the ARN of its role, which is what its requests carry")
    found = _PRINCIPAL.fullmatch(text)
    if not found or len(text) > _LONGEST_ARN:
        raise NotWritable(f"{text!r} is no ARN of a role, user, federated user or root user")
    if (found["path"] or "").startswith("/aws-service-role/"):
        raise NotWritable(
            f"{text!r} is a service-linked role, to which service control policies do not apply: "
            "contain the principal that drove the service"
        )
    return escaped(text)


def role_name(text: str) -> str:
    """The name of a role."""
    return checked(text, rf"{_NAME}{{1,64}}", "is no name of a role: 1 to 64 letters, digits and _+=,.@-")


def deployer_arn(text: str) -> str:
    """The ARN of the role by which roles are deployed; its account may be ``*``, and nothing else of it."""
    return checked(
        text,
        rf"arn:{_PARTITION}:iam::(?:[0-9]{{12}}|\*):role/(?:{_NAME}+/)*{_NAME}{{1,64}}",
        "is no ARN of a role: arn:aws:iam::ACCOUNT:role/NAME, with * for every account",
    )


def network(text: str) -> str:
    """Addresses of one's own, as ``198.51.100.0/24``; not all there are, and none that only private networks have."""
    try:
        found = ipaddress.ip_network(text)
    except ValueError:
        raise NotWritable(f"{text!r} is no network, such as 198.51.100.0/24") from None
    # The half of the internet is still the internet.
    if found.prefixlen < (8 if found.version == 4 else 16):
        raise NotWritable(f"{text!r} is too wide: a thief is in it, too")
    if found.is_private and not _is_documentation(found):
        raise NotWritable(f"{text!r} is private: AWS sees the public address, such as that of the NAT gateway")
    return str(found)


_EXAMPLES = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")


def _is_documentation(found: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    return any(_within(found, ipaddress.ip_network(each)) for each in _EXAMPLES)


def _within(
    inner: ipaddress.IPv4Network | ipaddress.IPv6Network, outer: ipaddress.IPv4Network | ipaddress.IPv6Network
) -> bool:
    if isinstance(inner, ipaddress.IPv4Network) and isinstance(outer, ipaddress.IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(inner, ipaddress.IPv6Network) and isinstance(outer, ipaddress.IPv6Network):
        return inner.subnet_of(outer)
    return False


def cutoff(text: str) -> str:
    """A time, or the placeholder for one."""
    if text != PLACEHOLDER:
        try:
            parse_cutoff(text)
        except ValueError as fault:
            raise NotWritable(str(fault)) from None
    return text
