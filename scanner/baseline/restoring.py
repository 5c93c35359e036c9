"""An account from its baseline: what rules and the IAM engine can be asked about, as it was reviewed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import msgspec

from scanner.baseline.parts import Part, by_kind, parts
from scanner.baseline.shelf import as_written
from scanner.baseline.state import GLOBAL, State
from scanner.baseline.stored import NotRead, fact_type, hints_of, is_managed_by_aws
from scanner.inventory import Account, Document, Gap

ManagedDocuments = Mapping[tuple[str, str], Document]
"""Documents of policies of AWS by ARN and version."""


def managed_documents(account: Account) -> dict[tuple[str, str], Document]:
    """The documents of the policies of AWS that an account holds, which a baseline names only."""
    policies = () if isinstance(account.policies, Gap) else account.policies
    return {
        (policy.arn, version.id): version.document
        for policy in policies
        if is_managed_by_aws(policy.arn)
        for version in policy.versions
    }


def restored(state: State, at: datetime, managed: ManagedDocuments) -> Account:
    """The account of a baseline; what is volatile is not in it.

    Args:
        state: the reviewed state.
        at: the time that stands in for the one at which it was read.
        managed: the documents of policies of AWS, such as those of the account that it is compared with. A policy of
            which the document of its version is not there is left out, so that what it grants is not known.
    """
    answers: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for part, region, answer in _answers(state, managed):
        answers[region if part.is_regional else part.owner][part.name] = answer
    facts = {
        "schema": "guardrift/snapshot/1",
        "account_id": state.account_id,
        "partition": state.partition,
        "taken_at": at,
        "regions": [{"name": name, **answers[name]} for name in state.regions],
        "other_regions": state.other_regions,
        "organization": answers["organization"],
        **answers["account"],
    }
    return msgspec.json.decode(msgspec.json.encode(facts), type=Account)


def _answers(state: State, managed: ManagedDocuments) -> list[tuple[Part, str, Any]]:
    """Every part of every region, with what was read of it, or the gap."""
    held: defaultdict[tuple[str, str], list[Any]] = defaultdict(list)
    for entries in state.entries.values():
        for entry in entries:
            part = by_kind()[entry.__struct_config__.tag]
            held[part.path, entry.region if part.is_regional else GLOBAL].append(_fact(part, entry, state, managed))
    gaps = {
        (missing.part, region): {"kind": "gap", "api": missing.api, "status": missing.status, "region": region}
        for rows in state.not_read.values()
        for missing in rows
        for region in missing.regions
    }
    found = []
    for part in parts():
        for region in state.regions if part.is_regional else (GLOBAL,):
            items = [item for item in held[part.path, region] if item is not None]
            gap = gaps.get((part.path, region))
            found.append((part, region, gap or _whole(part, items)))
    return found


def _whole(part: Part, items: list[Any]) -> Any:
    if part.name == "credential_report":
        return {"kind": "credential-report", "rows": items}
    if part.item is None:
        return items[0] if items else []
    if part.keys:
        return items
    return items[0] if items else None


def _fact(part: Part, entry: Any, state: State, managed: ManagedDocuments) -> Any:
    if part.item is None:
        return entry.values
    if part.kind == "policy" and is_managed_by_aws(entry.arn):
        versions = [
            {"id": version.id, "is_default": True, "document": managed[entry.arn, version.id]}
            for version in entry.versions
            if (entry.arn, version.id) in managed
        ]
        is_known = versions or not entry.versions
        return {"arn": entry.arn, "name": entry.name, "versions": versions} if is_known else None
    return _plain(part.item, entry, lambda digest: as_written(state.documents[digest]))


def _plain(kind: type[msgspec.Struct], stored: Any, document: Callable[[str], Document]) -> dict[str, Any]:
    """A stored form as the JSON of its fact."""
    config = kind.__struct_config__
    found: dict[str, Any] = {} if config.tag is None else {str(config.tag_field): config.tag}
    found |= dict.fromkeys(unkept(kind), "")
    for name, hint in hints_of(kind).items():
        value = getattr(stored, name)
        if value is not msgspec.UNSET:
            found[name] = document(value) if hint is msgspec.Raw else _value(value, document)
    return found


@cache
def unkept(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """The fields that a fact has to have and a baseline leaves out; all of them are texts."""
    needed = (field.name for field in msgspec.structs.fields(kind) if field.required)
    return tuple(name for name in needed if name not in hints_of(kind))


def _value(value: Any, document: Callable[[str], Document]) -> Any:
    if isinstance(value, NotRead):
        return value
    if isinstance(value, msgspec.Struct):
        return _plain(fact_type(type(value)), value, document)
    if isinstance(value, tuple):
        return [_value(item, document) for item in value]
    return value
