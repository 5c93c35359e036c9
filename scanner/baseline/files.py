"""The files of a baseline: their types, and their bytes, the same whenever the account and the findings are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal, Union

import msgspec

from scanner.baseline.accepted import AcceptedFinding
from scanner.baseline.fields import FIELDS
from scanner.baseline.parts import entry_type, families
from scanner.baseline.shelf import ShelvedDocument
from scanner.baseline.state import MissingPart, State
from scanner.baseline.stored import NotRead
from scanner.engine.declared import AccountId
from scanner.iam.catalogue import catalogue
from scanner.iam.methods import escalation_catalogue

SCHEMA: Literal["guardrift/baseline/1"] = "guardrift/baseline/1"
FINGERPRINT_VERSION: Literal[1] = 1
"""That of the fingerprints in the file; they are made in ``scanner.findings``."""

_HIDDEN = re.compile(r"[^\x00-\x7e]")


class Versions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By what the account was judged, so that what a newer guardrift knows is not taken for a change of the account.

    Attributes:
        rules: the rules that were asked; findings of others are ``new_rule``.
        catalogues: the versions of the catalogues of the IAM engine.
        fields: the fields that were kept of each type of fact, with spaces between.
    """

    rules: tuple[str, ...]
    catalogues: dict[str, str]
    fields: dict[str, str]


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """The reviewed state of one account, what was accepted in it, and by what it was judged."""

    state: State
    accepted: tuple[AcceptedFinding, ...]
    versions: Versions


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="holds"):
    schema: Literal["guardrift/baseline/1"] = SCHEMA
    account_id: AccountId


class AccountFile(_File, frozen=True, kw_only=True, tag="account"):
    """account.json: of which account the baseline is, and by what it was judged."""

    partition: Annotated[str, msgspec.Meta(min_length=1)]
    regions: tuple[str, ...]
    other_regions: NotRead | None
    versions: Versions


class FindingsFile(_File, frozen=True, kw_only=True, tag="findings"):
    """findings.json: what was accepted."""

    fingerprint_version: Literal[1] = FINGERPRINT_VERSION
    findings: tuple[AcceptedFinding, ...]


class DocumentsFile(_File, frozen=True, kw_only=True, tag="documents"):
    """documents.json: policies and filters by digest."""

    documents: tuple[ShelvedDocument, ...]


@cache
def state_file(family: str) -> Any:
    """The type of a file of the state; what it holds are entries, and what was not read."""
    return msgspec.defstruct(
        "".join(word.title() for word in family.split("-")) + "File",
        [("entries", tuple[entry_type(family), ...]), ("not_read", tuple[MissingPart, ...])],  # type: ignore[misc]
        bases=(_File,),
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
        module=__name__,
        tag_field="holds",
        tag=family,
    )


@cache
def file_types() -> dict[str, Any]:
    """The type of every file by its name."""
    named = {"account.json": AccountFile, "findings.json": FindingsFile, "documents.json": DocumentsFile}
    return named | {f"{family}.json": state_file(family) for family in families()}


def document_type() -> Any:
    """The type of a document of the schema: any of the files."""
    return Union[tuple(file_types().values())]  # noqa: UP007  (of a number of types)


def versions(rules: tuple[str, ...]) -> Versions:
    """The versions of what is used now, with the ids of the rules that are asked."""
    return Versions(
        rules=tuple(sorted(rules)),
        catalogues={"actions": catalogue().version, "escalation": escalation_catalogue().version},
        fields={name: " ".join(sorted(fields.kept.split())) for name, fields in sorted(FIELDS.items()) if fields.kept},
    )


def contents(baseline: Baseline) -> dict[str, Any]:
    """What every file holds, as its type; documents come first, which the others name."""
    state = baseline.state
    owner = state.account_id
    found = {
        "documents.json": DocumentsFile(account_id=owner, documents=tuple(state.documents.values())),
        **{
            f"{family}.json": state_file(family)(
                account_id=owner, entries=state.entries[family], not_read=state.not_read[family]
            )
            for family in families()
        },
        "findings.json": FindingsFile(account_id=owner, findings=baseline.accepted),
        "account.json": AccountFile(
            account_id=owner,
            partition=state.partition,
            regions=state.regions,
            other_regions=state.other_regions,
            versions=baseline.versions,
        ),
    }
    return dict(found)


def written(baseline: Baseline) -> dict[str, bytes]:
    """The files by name."""
    return {name: text_of(content) for name, content in contents(baseline).items()}


def text_of(content: object) -> bytes:
    """A file: indented JSON of plain ASCII, so that nothing in it can look like something else when it is reviewed."""
    try:
        encoded = msgspec.json.encode(content)
    except UnicodeEncodeError:
        encoded = msgspec.json.encode(_without_surrogates(msgspec.to_builtins(content)))
    text = msgspec.json.format(encoded, indent=2)
    if not text.isascii() or b"\x7f" in text:
        text = _HIDDEN.sub(_escape, text.decode()).encode()
    return text + b"\n"


def _escape(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _without_surrogates(value: Any) -> Any:
    """The value with every half of a pair, which no file can hold, written out."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, Mapping):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return [_without_surrogates(item) for item in value] if isinstance(value, list | tuple) else value
