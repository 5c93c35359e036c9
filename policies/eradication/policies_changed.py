"""Managed policies, identity providers and instance profiles that are new or say something else.

Sources: the IAM API Reference: a policy has five versions at most, and is deleted when it is attached to nobody and has
its default version alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from policies.commands import iam
from policies.eradication.comparison import Comparison, as_json, grants, text_of
from policies.eradication.told import Remnant
from scanner.iam.sources import name_at_aws
from scanner.inventory import Gap, ManagedPolicy, OidcProvider, PolicyVersion, describe
from scanner.shell import option

_IDENTITY = "Roles that trust it may have been assumed: look at their trust policies, and revoke their sessions."


def policies_changed(found: Comparison) -> None:
    """Note every managed policy of the account that is new or in force in another version."""
    both = found.both(found.old.policies, found.new.policies, "managed policies")
    if both is None:
        return
    before = {each.arn: each for each in both[0]}
    for policy in both[1]:
        if name_at_aws(policy.arn) is not None:
            continue
        old = before.get(policy.arn)
        if old is not None:
            _compared(found, old, policy)
        elif _is_containment(found, policy):
            found.left_out.append(f"policy {policy.arn}: it contains the incident")
        else:
            note = "Detach it first, from whomever and wherever it is a boundary. Save its document before."
            _add(found, policy, "policy created", tuple(_deleting(policy)), "What it allows.", note)


def _is_containment(found: Comparison, policy: ManagedPolicy) -> bool:
    """Whether a policy is there to contain, and allows nothing beside in whatever version."""
    is_known = any(name in (policy.arn, policy.name) for _, name in found.artefacts)
    return is_known and not any(grants(each.document) for each in policy.versions)


def _add(
    found: Comparison, policy: ManagedPolicy, what: str, remove: tuple[str, ...], breaks: str = "", note: str = ""
) -> None:
    created = min((each.created for each in policy.versions if each.created is not None), default=None)
    found.add(
        Remnant(
            urgency="permission",
            what=what,
            resource=found.resource(policy.arn, "policy", policy.name),
            created=created if what == "policy created" else None,
            remove=remove,
            breaks=breaks,
            note=note,
        )
    )


def _deleting(policy: ManagedPolicy) -> Iterator[str]:
    for version in policy.versions:
        if not version.is_default:
            yield iam("delete-policy-version", policy_arn=policy.arn, version_id=version.id)
    yield iam("delete-policy", policy_arn=policy.arn)


def _compared(found: Comparison, old: ManagedPolicy, new: ManagedPolicy) -> None:
    before, after = _default(old), _default(new)
    if before is None or after is None:
        found.unknown.append(f"policy {new.arn}: which version is in force was not read on both sides")
        return
    known = {each.id for each in old.versions}
    if not found.same(before.document, after.document):
        if _is_containment(found, new):
            found.left_out.append(f"policy {new.arn}: it contains the incident")
            return
        there = next((each for each in new.versions if found.same(each.document, before.document)), None)
        if there is not None:
            back = iam("set-default-policy-version", policy_arn=new.arn, version_id=there.id)
        else:
            created = iam("create-policy-version", policy_arn=new.arn, policy_document=text_of(before.document))
            back = f"{created} --set-as-default"
        what = "policy in force in another version" if before.id != after.id else "policy changed"
        full = "Where it has five versions already, save and delete one that is not the default first."
        note = "" if there is not None or len(new.versions) < 5 else full
        _add(found, new, f"{what} ({before.id} to {after.id})", (back,), "What was added to it.", note)
    extra = [each for each in new.versions if each.id not in known and not each.is_default]
    if extra:
        remove = tuple(iam("delete-policy-version", policy_arn=new.arn, version_id=each.id) for each in extra)
        note = "Not in force, and one call brings it there. Save its document before."
        _add(found, new, f"policy has new versions: {', '.join(each.id for each in extra)}", remove, note=note)


def _default(policy: ManagedPolicy) -> PolicyVersion | None:
    return next((each for each in policy.versions if each.is_default), None)


def providers(found: Comparison) -> None:
    """Note every identity provider that is new or other."""
    saml = found.both(found.old.saml_providers, found.new.saml_providers, "SAML providers")
    if saml is not None:
        before = {each.arn: each for each in saml[0]}
        for each in saml[1]:
            old = before.get(each.arn)
            if old is None:
                remove = iam("delete-saml-provider", saml_provider_arn=each.arn)
                _provider(found, each.arn, "identity provider added", (remove,), created=True)
            elif (old.created, old.valid_until) != (each.created, each.valid_until):
                note = "Its metadata are not kept: put back those of the real identity provider (update-saml-provider)."
                _provider(found, each.arn, "identity provider has other metadata", (), note)
    oidc = found.both(found.old.oidc_providers, found.new.oidc_providers, "OIDC providers")
    if oidc is not None:
        known = {each.arn: each for each in oidc[0]}
        for provider in oidc[1]:
            _oidc(found, known.get(provider.arn), provider)


def _provider(
    found: Comparison, arn: str, what: str, remove: tuple[str, ...], note: str = "", *, created: bool = False
) -> None:
    found.add(
        Remnant(
            urgency="trust",
            what=what,
            resource=found.resource(arn, "identity-provider", arn.rpartition("/")[2]),
            remove=remove,
            breaks="Whoever signs in by it." if created else "",
            note=f"{note} {_IDENTITY}".strip(),
        )
    )


def _oidc(found: Comparison, old: OidcProvider | None, new: OidcProvider) -> None:
    named = {"open_id_connect_provider_arn": new.arn}
    if old is None:
        remove = iam("delete-open-id-connect-provider", **named)
        _provider(found, new.arn, "identity provider added", (remove,), created=True)
        return
    if isinstance(old.detail, Gap) or isinstance(new.detail, Gap):
        gap = old.detail if isinstance(old.detail, Gap) else new.detail
        if isinstance(gap, Gap):
            found.unknown.append(f"identity provider {new.arn}: {describe(gap)}")
        return
    added = sorted(set(new.detail.client_ids) - set(old.detail.client_ids))
    if added:
        gone = tuple(iam("remove-client-id-from-open-id-connect-provider", **named, client_id=each) for each in added)
        _provider(found, new.arn, "audience added", gone)
    if set(old.detail.thumbprints) != set(new.detail.thumbprints):
        thumbprints = option("--thumbprint-list", as_json(sorted(old.detail.thumbprints)))
        back = f"{iam('update-open-id-connect-provider-thumbprint', **named)} {thumbprints}"
        _provider(found, new.arn, "thumbprints changed", (back,))


def profiles(found: Comparison) -> None:
    """Note every instance profile that is new or carries another role."""
    both = found.both(found.old.instance_profiles, found.new.instance_profiles, "instance profiles")
    if both is None:
        return
    before = {each.arn: each for each in both[0]}
    for each in both[1]:
        old = before.get(each.arn)
        named = {"instance_profile_name": each.name}
        if old is not None and set(old.roles) == set(each.roles):
            continue
        there = set(old.roles) if old is not None else set()
        gone = [
            iam("remove-role-from-instance-profile", **named, role_name=role)
            for role in sorted(set(each.roles) - there)
        ]
        back = [
            iam("add-role-to-instance-profile", **named, role_name=role) for role in sorted(there - set(each.roles))
        ]
        last = [iam("delete-instance-profile", **named)] if old is None else []
        found.add(
            Remnant(
                urgency="permission",
                what="instance profile created" if old is None else "instance profile has another role",
                resource=found.resource(each.arn, "instance-profile", each.name),
                remove=(*gone, *back, *last),
                breaks="Instances with the profile lose, or change, their rights.",
                note="The isolation of an instance may have done it." if old is not None else "",
            )
        )
