"""From the bytes of a file to the JSON in it: packed or not, one document or one in each line."""

from __future__ import annotations

import codecs
import json
import zlib
from typing import NoReturn

from policies.findings.fields import folded
from scanner.errors import UsageError

MOST_BYTES = 16 << 20
"""The largest file of findings that is read, unpacked."""

_ACCEPTED = (
    "Give a GuardDuty finding as EventBridge sends it, the output of 'aws guardduty get-findings', a finding of "
    "Security Hub, or an export from S3."
)


def documents(content: bytes) -> list[tuple[str, object]]:
    """The JSON documents of a file, each with its place for people; objects are folded to lower-case names.

    Raises:
        UsageError: it is too large, damaged, or no JSON.
    """
    text = _decoded(_unpacked(content))
    if not text.strip():
        raise UsageError("The file of findings is empty.", _ACCEPTED)
    try:
        return [("the file", _loads(text))]
    except json.JSONDecodeError as fault:
        if fault.msg != "Extra data":
            raise _not_json("The file", fault) from None
        return _by_line(text, fault)
    except (ValueError, RecursionError) as fault:
        raise _not_json("The file", fault) from None


def _by_line(text: str, whole: ValueError) -> list[tuple[str, object]]:
    """One document in each line, as exports to S3 have them."""
    found = []
    # Not splitlines: JSON may hold other line ends of Unicode within its texts.
    for at, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            found.append((f"line {at}", _loads(line)))
        except (ValueError, RecursionError) as fault:
            # The first line of an indented document is a bare bracket: then the fault of the whole tells more.
            raise _not_json(*((f"Line {at}", fault) if found else ("The file", whole))) from None
    return found


def _loads(text: str) -> object:
    return json.loads(text, object_pairs_hook=folded, parse_constant=_no_constant)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _not_json(what: str, fault: Exception) -> UsageError:
    reason = "it is nested too deeply" if isinstance(fault, RecursionError) else str(fault)
    return UsageError(f"{what} is not JSON: {reason}.", _ACCEPTED)


def _unpacked(content: bytes) -> bytes:
    if len(content) > MOST_BYTES:
        raise _too_large()
    if content[:2] != b"\x1f\x8b":
        return content
    found = bytearray()
    rest = content
    while rest:
        # Exports are often several packed parts one after another.
        packed = zlib.decompressobj(wbits=31)
        try:
            found += packed.decompress(rest, MOST_BYTES + 1 - len(found))
        except zlib.error as fault:
            raise UsageError(f"The file is damaged: gzip says {fault}.", "Fetch it again.") from None
        if len(found) > MOST_BYTES:
            raise _too_large()
        if not packed.eof:
            raise UsageError("The file is cut short: its gzip has no end.", "Fetch it again.")
        rest = packed.unused_data.lstrip(b"\0")
    return bytes(found)


def _too_large() -> UsageError:
    return UsageError(
        f"The file of findings is larger than {MOST_BYTES >> 20} MiB.",
        "Give the findings of one incident only, or divide the file.",
    )


def _decoded(content: bytes) -> str:
    """UTF-8, or UTF-16 with a byte order mark as some shells write what is redirected."""
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as fault:
        raise UsageError(f"The file is not UTF-8: byte {fault.start}.", _ACCEPTED) from None
