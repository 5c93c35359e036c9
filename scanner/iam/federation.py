"""What a trust policy asks of the tokens and assertions of federated principals, and whom it leaves."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

import msgspec

from scanner.iam.bounds import demands
from scanner.iam.documents import Condition, Statement
from scanner.iam.issuers import WIDTHS, Claim, Issuer, Width, issuer_of
from scanner.iam.matching import covers_action, matches
from scanner.iam.principals import TrustedPrincipal

WEB_IDENTITY, SAML = "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"

_ANY = "\0"
"""In a pattern: any run of characters, of the caller's choice."""


class Provider(msgspec.Struct, frozen=True):
    """An identity provider; ``issuer`` is the address of an OpenID Connect one without scheme, in lower case."""

    kind: Literal["oidc", "saml", "other"]
    issuer: str = ""


def provider_of(principal: TrustedPrincipal) -> Provider:
    """The provider that a federated principal names; ``other`` where the name has no known form."""
    parts = principal.text.split(":", 5)
    kind, _, name = parts[-1].partition("/")
    if len(parts) == 6 and parts[2] == "iam" and name and not {"*", "?"} & set(name):
        if kind == "oidc-provider":
            return Provider("oidc", name.lower())
        if kind == "saml-provider":
            return Provider("saml")
    if issuer_of(principal.text.lower()).is_built_in:
        return Provider("oidc", principal.text.lower())
    return Provider("other")


class Wanted(msgspec.Struct, frozen=True):
    """A value that a claim may have; ``claim`` is the condition key without the address of the issuer."""

    claim: str
    value: str
    pattern: str

    @property
    def is_exact(self) -> bool:
        """Whether nothing in it is left to the caller."""
        return _ANY not in self.pattern


class Asked(msgspec.Struct, frozen=True):
    """What a statement asks of the token or assertion of one principal.

    Attributes:
        wanted: all must be fulfilled; each is a choice of values.
        optional: claims that are asked for only where the token has them, which counts as nothing.
        networks: condition keys that confine the network from which the call comes.
    """

    wanted: tuple[tuple[Wanted, ...], ...] = ()
    optional: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()

    def of(self, *claims: str) -> tuple[tuple[Wanted, ...], ...]:
        """The demands that can be fulfilled by these claims only."""
        return tuple(choice for choice in self.wanted if all(want.claim in claims for want in choice))


_POSITIVE = {"stringequals", "stringequalsignorecase", "stringlike", "numericequals"}
_NEGATIVE = {f"{kind}not{test}": f"{kind}{test}" for kind, test in (
    ("string", "equals"), ("string", "equalsignorecase"), ("string", "like"), ("numeric", "equals")
)}  # fmt: skip
_FREE = re.compile(r"\$\{([^}]*)\}|[*?]+")
_NETWORK = {"aws:sourceip", "aws:sourcevpc", "aws:sourcevpce"}
_EVERYONE = TrustedPrincipal("anyone", "*")


def asked(
    principal: TrustedPrincipal, provider: Provider, allow: Statement, statements: tuple[Statement, ...]
) -> Asked | None:
    """What an Allow statement asks of a federated principal, given the Deny statements beside it.

    None means that nobody comes in by it: it is of another action, an unconditional Deny stops it, or it demands a
    claim of another issuer, which no token of this one has.
    """
    action = SAML if provider.kind == "saml" else WEB_IDENTITY
    if not covers_action(allow, action) or any(_is_never_met(condition, provider) for condition in allow.conditions):
        return None
    present = {c.key for c in allow.conditions if c.operator == "null" and c.values == ("false",)}
    soft = [c for c in allow.conditions if _is_optional(c) and c.key not in present]
    hard = [[c] for c in allow.conditions if c not in soft]
    for deny in statements:
        if not deny.allows and covers_action(deny, action) and _names(deny, principal):
            escapes = _escapes(deny, provider)
            if escapes is not None and not escapes:
                return None
            hard.append(escapes or [])
    return Asked(
        tuple(choice for each in hard if (choice := _choice(each, provider))),
        tuple(sorted({claim for c in soft if c.operator in _POSITIVE and (claim := _claim(c.key, provider))})),
        _networks(allow, statements, action),
    )


def _networks(allow: Statement, statements: tuple[Statement, ...], action: str) -> tuple[str, ...]:
    # Few policies speak of networks, and to weigh all their conditions costs more than to look for the keys.
    if not any(condition.key in _NETWORK for each in statements for condition in each.conditions):
        return ()
    found = demands(_EVERYONE, allow, statements, frozenset({action}))
    return tuple(sorted({key for demand in found if demand.keys <= _NETWORK for key in demand.keys}))


def _names(deny: Statement, principal: TrustedPrincipal) -> bool:
    everyone, itself = ("AWS", "*"), ("Federated", principal.text)
    return not deny.not_principals and (everyone in deny.principals or itself in deny.principals)


def _is_optional(condition: Condition) -> bool:
    return condition.if_exists or condition.quantifier == "forallvalues"


def _is_never_met(condition: Condition, provider: Provider) -> bool:
    """Whether a token of this provider cannot meet the condition, for want of the key."""
    if _is_optional(condition) or not _is_of_another(condition.key, provider):
        return False
    return condition.values == ("false",) if condition.operator == "null" else "not" not in condition.operator


def _is_of_another(key: str, provider: Provider) -> bool:
    """Whether a key is a claim of some other provider: addresses of issuers have a dot."""
    owner = key.rpartition(":")[0]
    if key.startswith(("aws:", "sts:")) or owner in {provider.issuer, provider.kind}:
        return False
    return owner == "saml" or "." in owner


def _escapes(deny: Statement, provider: Provider) -> list[Condition] | None:
    """The conditions of which one lets a caller escape a Deny, all of which must hold for it to fire.

    None if some escape asks for nothing that is understood here; an empty list if nobody escapes.
    """
    if not all(c.operator in _NEGATIVE and c.quantifier != "foranyvalue" for c in deny.conditions):
        return None
    inverted = [
        msgspec.structs.replace(c, operator=_NEGATIVE[c.operator], if_exists=False, quantifier="")
        for c in deny.conditions
    ]
    return [condition for condition in inverted if not _is_never_met(condition, provider)]


def _choice(conditions: Iterable[Condition], provider: Provider) -> tuple[Wanted, ...]:
    """The values of which one fulfils any of the conditions; none where some other thing fulfils it too."""
    found: list[Wanted] = []
    for condition in conditions:
        claim = _claim(condition.key, provider)
        if not claim or condition.operator not in _POSITIVE:
            return ()
        found += (Wanted(claim, value, _pattern(value, condition.operator)) for value in condition.values)
    return tuple(found)


def _claim(key: str, provider: Provider) -> str:
    """The claim that a condition key stands for; empty for keys that speak of something else."""
    if provider.kind == "saml" or key == "sts:rolesessionname":
        return key if key.startswith(("saml:", "sts:")) else ""
    address, _, claim = key.rpartition(":")
    return claim if address == provider.issuer else ""


def _pattern(value: str, operator: str) -> str:
    def free(found: re.Match[str]) -> str:
        name = found.group(1)
        if name in {"*", "?", "$"}:
            return str(name)
        return _ANY if name is not None or operator == "stringlike" else found.group()

    return _FREE.sub(free, value.lower())


class Reach(msgspec.Struct, frozen=True):
    """Whom a statement leaves, and the values that leave it so wide."""

    width: Width
    by: tuple[str, ...] = ()


def reach(issuer: Issuer, request: Asked) -> Reach:
    """Whom the claims that are asked for leave among those who get a token of the issuer."""
    found, pins = [Reach(issuer.widest)], set[str]()
    for choice in request.wanted:
        left = [_left(issuer, want) for want in choice]
        widest = _widest(width for width, _ in left)
        by = [f"{want.claim}={want.value}" for want, (width, _) in zip(choice, left, strict=True) if width == widest]
        found.append(Reach(widest, tuple(by)))
        pins |= frozenset.intersection(*(pinned for _, pinned in left))
    narrowest = max(found, key=lambda one: (WIDTHS.index(one.width), one.by != ()))
    return Reach(_with_pins(narrowest.width, pins), narrowest.by)


def is_audience_open(issuer: Issuer, request: Asked) -> bool:
    """Whether a token may be meant for another recipient.

    STS itself compares the audience with the list of the provider object, which the issuers that are built into IAM do
    not have; of those some claim that tells the customers apart must be pinned.
    """
    if issuer.is_built_in:
        return not any(all(want.is_exact for want in choice) for choice in request.of(*issuer.audiences))
    return not any(all(want.pattern.strip(_ANY) for want in choice) for choice in request.of("aud"))


_STRANGERS = ("https://sp.example.com/saml/acs", "https://sp.example.com/saml", "urn:example:sp")
"""Recipients of assertions that are not AWS."""


def is_recipient_open(request: Asked) -> bool:
    """Whether a SAML assertion may be meant for a recipient other than AWS; the key speaks of its Recipient."""
    return not any(not any(map(_fits_strangers, choice)) for choice in request.of("saml:aud"))


def _fits_strangers(want: Wanted) -> bool:
    if {"*", "?"} & set(want.pattern):
        return False
    return any(matches(want.pattern.replace(_ANY, "*"), recipient) for recipient in _STRANGERS)


_CONTEXTS = (
    "ref:refs/heads/", "ref:refs/tags/", "ref_type:branch:ref:", "ref_type:tag:ref:", "environment:", "pull_request",
    "job_workflow_ref:",
)  # fmt: skip
"""Where a wildcard here leaves every state of the code that a member of the project may bring about."""


def _left(issuer: Issuer, want: Wanted) -> tuple[Width, frozenset[str]]:
    """The width that one value leaves, and the circumstances besides that it pins."""
    if issuer.is_templated and want.claim == "sub" and not want.pattern.startswith(("repo:", _ANY)):
        return _left_by_template(issuer, want.pattern), frozenset()
    if want.claim in issuer.circumstances:
        return "anyone", _pinned(want)
    return _width(issuer.claims.get(want.claim), want.pattern), frozenset()


def _pinned(want: Wanted) -> frozenset[str]:
    if want.claim == "job_workflow_ref":
        owner = _fields("{tenant}/{rest}", want.pattern)
        return frozenset({want.claim} if owner and _ANY not in owner["tenant"] else ())
    return frozenset() if _is_wide(f"{want.claim}:{want.pattern}") else frozenset({want.claim})


def _left_by_template(issuer: Issuer, pattern: str) -> Width:
    """What a ``sub`` leaves that is put together from other claims, as every repository can do for its own tokens."""
    parts = pattern.split(":")
    if _ANY in parts[0][:-1]:
        # Such as re?o:*, which stands for every repository, too.
        return "anyone"
    if not re.fullmatch(rf"\w+{_ANY}?", parts[0], re.ASCII):
        return "bound"
    parts = parts[: pattern.partition(_ANY)[0].count(":") + 1]
    pairs = zip(parts[::2], parts[1::2], strict=False)
    left = [_left(issuer, Wanted(name, value, value)) for name, value in pairs if name != "sub"]
    pins = {pin for _, pinned in left for pin in pinned}
    return _with_pins(_narrowest(width for width, _ in left), pins)


def _with_pins(width: Width, pins: set[str]) -> Width:
    if "job_workflow_ref" in pins:
        # A reusable workflow of a public repository can be called from anywhere, and may run the caller's code.
        return "group" if width == "anyone" else "bound"
    return "bound" if width == "project" and pins else width


def _widest(widths: Iterable[Width]) -> Width:
    return min(widths, key=WIDTHS.index)


def _narrowest(widths: Iterable[Width]) -> Width:
    return max(widths, key=WIDTHS.index, default="anyone")


def _width(claim: Claim | None, pattern: str) -> Width:
    if claim is None:
        return "anyone"
    if not claim.layouts:
        return "anyone" if _ANY in pattern else claim.leaves
    forms = [fields for layout in claim.layouts if (fields := _fields(layout, pattern)) is not None]
    if not forms:
        return "tenant" if _ANY in pattern else "bound"
    return _widest((claim.leaves, *(_width_of(fields, claim.is_unique) for fields in forms)))


def _width_of(fields: dict[str, str], is_unique: bool) -> Width:
    # An immutable id follows its name after an @; a name alone tells the owners of a day apart.
    names = {field: value.partition("@")[0] for field, value in fields.items()}
    group, project = names.get("group", ""), names.get("project", "")
    if _ANY in names.get("tenant", ""):
        return "anyone"
    if _ANY in project:
        return "group" if group.partition(_ANY)[0] or project.partition(_ANY)[0] else "tenant"
    if _ANY in group and not is_unique:
        return "group"
    return "project" if _is_wide(fields.get("context", "")) else "bound"


def _is_wide(context: str) -> bool:
    start, wildcard, _ = context.partition(_ANY)
    return context == "pull_request" or (wildcard != "" and any(form.startswith(start) for form in _CONTEXTS))


def _fields(layout: str, pattern: str) -> dict[str, str] | None:
    """The parts of a pattern, with a wildcard in those that it may fill; None if the pattern is of another form."""
    head, *rest = re.split(r"\{(\w+)\}", layout)
    names, ends = rest[::2], rest[1::2]
    fields = dict.fromkeys(names, _ANY if _ANY in pattern else "")
    left = _after(head, pattern)
    for name, end in zip(names, ends, strict=True):
        if not left:
            return None if left is None else fields
        stop = left.find(end[0]) if end else -1
        fields[name] = left if stop < 0 else left[:stop]
        if stop < 0:
            return fields if _ANY in fields[name] or not end else None
        left = _after(end, left[stop:])
    return fields


def _after(start: str, text: str) -> str | None:
    """The text after its start, empty where a wildcard swallows the rest, and None where it starts otherwise."""
    if text.startswith(start):
        return text[len(start) :]
    known, wildcard, _ = text.partition(_ANY)
    return "" if wildcard and start.startswith(known) else None
