"""Read the files of a baseline: strictly, since whoever changes what was accepted changes what is seen."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

import msgspec
from msgspec import UNSET, UnsetType

from scanner.baseline import lines
from scanner.baseline.accepted import in_order as findings_in_order
from scanner.baseline.files import SCHEMA, Baseline, DocumentsFile, file_types, text_of
from scanner.baseline.parts import families
from scanner.baseline.shelf import Shelf, ShelvedDocument, compact, digest_of
from scanner.baseline.state import State
from scanner.baseline.state import in_order as entries_in_order
from scanner.baseline.state import renormalised as entry_renormalised
from scanner.errors import UsageError

_AGAIN = "Take the file from Git as it was when it was in order ('git checkout COMMIT -- FILE')."
_UPDATE = "'guardrift baseline update' writes it in order; or take it from Git again ('git checkout COMMIT -- FILE')."
_DIGITS = "Write all twelve digits in quotes; zeros at the beginning belong to it."
_SCHEMA = re.compile(r"guardrift/([a-z-]+)/([1-9][0-9]{0,8})")
_NUMBER = re.compile(r'\s*"account_id"\s*:\s*[-+.0-9]')
_PLAINLY = (
    (re.compile(r"Invalid RFC3339 encoded date|Expected `date`, got .*"), "this is no day such as 2027-05-20"),
    (re.compile(r"Expected `str` (?:matching regex '\\\\S'|of length >= 1)"), "this is blank"),
    (re.compile(r"Expected `str` matching regex '\^\[0-9a-f\]\{32\}\$'"), "this is not 32 hexadecimal digits"),
    (re.compile(r"Expected `str` of length <= 1000"), "this is longer than 1000 characters"),
)


class _Head(msgspec.Struct):
    schema: object | UnsetType = UNSET
    account_id: object | UnsetType = UNSET


def read_baseline(
    files: Mapping[str, bytes], place: str, *, account_id: str | None = None, in_any_order: bool = False
) -> Baseline:
    """The baseline of the files of one folder.

    Args:
        files: the content of every JSON file of the folder, by name.
        place: the folder, for messages.
        account_id: the account that it must be of.
        in_any_order: take files that were put in another order or layout, because they will be written anew.

    Raises:
        UsageError: a file is missing, broken, of another account or a newer version, or not as guardrift writes it;
            with file, line and remedy.
    """
    reader = _Reader(files, place, is_strict=not in_any_order)
    reader.check_names()
    found = {name: reader.file(name) for name in file_types()}
    owner = account_id or found["account.json"].account_id
    for name, content in found.items():
        if content.account_id != owner:
            reader.refuse(
                name,
                reader.line(name, "$.account_id"),
                f"it is of account {content.account_id}, not of {owner}",
                "Each account has its own folder, which has its id as name.",
            )
    documents = reader.documents(found["documents.json"])
    shelf = Shelf()
    entries = {
        family: reader.entries(f"{family}.json", found[f"{family}.json"], shelf, documents) for family in families()
    }
    reader.check_unused(documents, shelf)
    accepted = reader.findings(found["findings.json"])
    head = found["account.json"]
    reader.check_layout("account.json", head)
    return Baseline(
        state=State(
            account_id=head.account_id,
            partition=head.partition,
            regions=head.regions,
            other_regions=head.other_regions,
            entries=entries,
            not_read={family: found[f"{family}.json"].not_read for family in families()},
            documents={name: documents[name] for name in sorted(documents) if name in shelf.named},
        ),
        accepted=accepted,
        versions=head.versions,
    )


class _Reader:
    def __init__(self, files: Mapping[str, bytes], place: str, *, is_strict: bool) -> None:
        self._files = files
        self._place = place
        self._is_strict = is_strict
        self._texts: dict[str, str] = {}

    def refuse(self, name: str, line: int, fault: str, remedy: str) -> NoReturn:
        raise UsageError(f"{self._place}/{name}:{line}: {fault}", remedy)

    def line(self, name: str, path: str) -> int:
        return lines.line_of(self._texts[name], path)

    def check_names(self) -> None:
        for name in sorted(file_types().keys() - self._files.keys()):
            raise UsageError(
                f"{self._place}/{name} is missing",
                "Take it from Git again, or make a baseline with 'guardrift baseline init'.",
            )
        for name in sorted(self._files.keys() - file_types().keys()):
            raise UsageError(
                f"{self._place}/{name} is no file of a baseline", "Remove it; a newer guardrift may have written it."
            )

    def file(self, name: str) -> Any:
        """A file as its type."""
        wrong = lines.fault_of_text(self._files[name])
        if wrong is not None:
            self.refuse(name, *wrong, _AGAIN)
        self._texts[name] = text = self._files[name].replace(b"\r\n", b"\n").decode()
        conflict = lines.conflict_line(text)
        if conflict is not None:
            self.refuse(name, conflict, "a merge left its conflict here", "Resolve it, then look at the result.")
        try:
            head = msgspec.json.decode(text, type=_Head)
            self._check_schema(name, head)
            return msgspec.json.decode(text, type=file_types()[name])
        except msgspec.ValidationError as fault:
            self._refuse_value(name, str(fault))
        except msgspec.DecodeError as fault:
            self._refuse_text(name, str(fault))
        except RecursionError:
            self.refuse(name, 1, "it is nested too deeply", _AGAIN)

    def documents(self, file: DocumentsFile) -> dict[str, ShelvedDocument]:
        """The documents by digest, each compared with it."""
        name = "documents.json"
        self._check_once(name, [each.digest for each in file.documents])
        found = [compact(each) for each in file.documents]
        for each in found:
            if digest_of(each.form, bytes(each.document)) != each.digest:
                line = lines.entry_line(self._texts[name], each.digest)
                self.refuse(name, line, "the document is not that of its digest: it was changed by hand", _AGAIN)
        found.sort(key=lambda each: each.digest)
        self.check_layout(name, msgspec.structs.replace(file, documents=tuple(found)))
        return {each.digest: each for each in found}

    def entries(self, name: str, file: Any, shelf: Shelf, documents: Mapping[str, ShelvedDocument]) -> tuple[Any, ...]:
        """The entries of a file in their order; what they name has to be there."""
        self._check_once(name, [each.entry for each in file.entries])
        found = []
        for each in file.entries:
            own = Shelf()
            found.append(entry_renormalised(each, own))
            for missing in sorted(own.named - documents.keys()):
                self.refuse(
                    name,
                    lines.entry_line(self._texts[name], each.entry),
                    f"{each.entry} names a document {missing} that documents.json does not hold",
                    "Take both files from Git again; they belong together.",
                )
            shelf.named |= own.named
        entries = entries_in_order(found)
        not_read = tuple(sorted(file.not_read))
        self.check_layout(name, msgspec.structs.replace(file, entries=entries, not_read=not_read))
        return entries

    def findings(self, file: Any) -> tuple[Any, ...]:
        """The accepted findings in their order."""
        self._check_once("findings.json", [each.fingerprint for each in file.findings])
        sorted_facts = [
            msgspec.structs.replace(each, material=tuple(sorted(set(each.material)))) for each in file.findings
        ]
        found = findings_in_order(sorted_facts)
        self.check_layout("findings.json", msgspec.structs.replace(file, findings=found))
        return found

    def check_unused(self, documents: Mapping[str, ShelvedDocument], shelf: Shelf) -> None:
        unused = sorted(documents.keys() - shelf.named)
        if unused and self._is_strict:
            self.refuse(
                "documents.json",
                lines.entry_line(self._texts["documents.json"], unused[0]),
                f"nothing names the document {unused[0]}",
                _UPDATE,
            )

    def check_layout(self, name: str, in_order: Any) -> None:
        """Refuse a text that is not the one that would be written: another order, another layout, a key said twice."""
        text, normal = self._texts[name], text_of(in_order).decode()
        if text == normal:
            return
        fault = "it is not as guardrift writes it"
        repeated = lines.repeated_key(text)
        if repeated is not None:
            # Writing it anew would choose between the two.
            key, line, again = repeated
            fault = f"{fault}: the key {key!r} is said here and in line {again}"
            self.refuse(name, line, fault, "Remove the one that does not hold.")
        if self._is_strict:
            self.refuse(
                name, lines.first_difference(text, normal), f"{fault}: sorted, in its layout, in ASCII", _UPDATE
            )

    def _check_once(self, name: str, entries: Iterable[str]) -> None:
        twice = next((entry for entry, count in Counter(entries).most_common(1) if count > 1), None)
        if twice is not None:
            numbers = [
                number
                for number, line in enumerate(self._texts[name].split("\n"), 1)
                if lines.entry_lines(line).get(twice) == 1
            ]
            self.refuse(
                name, numbers[1] if len(numbers) > 1 else 1, f"there are two entries {twice}", "Remove one of them."
            )

    def _check_schema(self, name: str, head: _Head) -> None:
        said = head.schema
        match = _SCHEMA.fullmatch(said) if isinstance(said, str) else None
        line = lines.line_of(self._texts[name], "$.schema")
        if match is None or match[1] != "baseline":
            self.refuse(name, line, f"it is no document of schema {SCHEMA}", _AGAIN)
        if int(match[2]) > 1:
            self.refuse(
                name,
                line,
                f"it was written by a newer guardrift ({said}; this one knows {SCHEMA})",
                "Upgrade guardrift: pip install --upgrade guardrift",
            )
        line = lines.line_of(self._texts[name], "$.account_id")
        if isinstance(head.account_id, int | float):
            self.refuse(name, line, "the account id is a number", _DIGITS)
        if isinstance(head.account_id, str) and not re.fullmatch("[0-9]{12}", head.account_id):
            self.refuse(name, line, f"the account id {head.account_id[:64]!r} is not twelve digits", _DIGITS)

    def _refuse_text(self, name: str, fault: str) -> NoReturn:
        text = self._texts[name]
        line = lines.line_of_fault(text, fault)
        if _NUMBER.match(text.split("\n")[line - 1]):
            self.refuse(name, line, "the account id is a number, which JSON does not begin with a zero", _DIGITS)
        self.refuse(name, line, f"it is not JSON: {fault.partition(' (byte ')[0]}", _AGAIN)

    def _refuse_value(self, name: str, fault: str) -> NoReturn:
        what, _, path = fault.partition(" - at `")
        path = path.rstrip("`") or "$"
        unknown = re.search(r"unknown field `([^`]+)`", what)
        line = lines.line_of(self._texts[name], f"{path}.{unknown[1]}" if unknown else path)
        what = next((plain for form, plain in _PLAINLY if form.fullmatch(what)), what)
        where = f" (at {path[2:]})" if len(path) > 2 else ""
        self.refuse(name, line, f"{what}{where}", f"'guardrift schema baseline' prints what is allowed. {_AGAIN}")
