"""The zip of the responder for AWS Lambda: guardrift's own code, and the pinned wheels that it imports.

Sources: "Working with .zip file archives for Python Lambda functions", "Lambda quotas" and "Lambda runtimes" in the AWS
Lambda Developer Guide. The SDK is not among the wheels: the runtimes have it.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from scanner.errors import GuardriftError, UsageError
from scanner.events.runtimes import deprecated_since

RUNTIMES: Mapping[str, str] = {"python3.11": "3.11", "python3.12": "3.12", "python3.13": "3.13"}
"""The runtimes with which guardrift is tested, and their versions of Python."""

ARCHITECTURES: Mapping[str, str] = {"x86_64": "manylinux2014_x86_64", "arm64": "manylinux2014_aarch64"}
"""The architectures of Lambda, and for which platform wheels are taken: the oldest that the runtimes hold."""

HANDLER = "guardrift.responder.handle"
"""The handler that the function is given."""

REQUIREMENTS = Path(__file__).resolve().parent / "responder" / "requirements.txt"

LARGEST_UNZIPPED = 250 * 1024 * 1024
LARGEST_UPLOAD = 50 * 1024 * 1024
"""Bytes of a zip that is uploaded to Lambda itself; a larger one is taken from a bucket."""

_PARTS = ("rules", "scanner", "policies", "reports")
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_URL_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Bundle:
    """The zip, and what is in it.

    Attributes:
        content: of the file.
        unzipped: bytes of the files in it.
        wheels: the names of the wheels that were taken in.
    """

    content: bytes
    unzipped: int
    wheels: tuple[str, ...]


def supported_until(runtime: str) -> str:
    """The day on which AWS stops to support a runtime, as far as that is known."""
    return deprecated_since(runtime, datetime.max.replace(tzinfo=UTC)) or "an unknown day"


def build_bundle(runtime: str, architecture: str, at: datetime, requirements: Path = REQUIREMENTS) -> Bundle:
    """The bundle for a runtime and an architecture; the same bytes whenever it is built of the same.

    Args:
        runtime: one of ``RUNTIMES``.
        architecture: one of ``ARCHITECTURES``.
        at: when the function is deployed; a runtime that is not supported by then is refused.
        requirements: names each wheel with its hashes.

    Raises:
        UsageError: the runtime or the architecture is not supported, or there is no pip.
        GuardriftError: the wheels could not be had, are not those that were pinned, or it all is too large for Lambda.
    """
    _check(runtime, architecture, at)
    with tempfile.TemporaryDirectory(prefix="guardrift-") as folder:
        wheels = _download(Path(folder), RUNTIMES[runtime], ARCHITECTURES[architecture], requirements)
        files = dict(_own_files())
        for wheel in wheels:
            files |= _files_of(wheel)
        names = tuple(wheel.name for wheel in wheels)
    unzipped = sum(map(len, files.values()))
    if unzipped > LARGEST_UNZIPPED:
        raise GuardriftError(
            f"the bundle has {unzipped:,} bytes unzipped, and Lambda takes {LARGEST_UNZIPPED:,}",
            "Install guardrift anew: there is something beside it that is not its own.",
        )
    return Bundle(_zipped(files), unzipped, names)


def _check(runtime: str, architecture: str, at: datetime) -> None:
    known = ", ".join(f"{each} (until {supported_until(each)})" for each in RUNTIMES)
    if runtime not in RUNTIMES:
        raise UsageError(f"the runtime {runtime!r} is not supported", f"There are: {known}.")
    since = deprecated_since(runtime, at)
    if since is not None:
        raise UsageError(f"AWS does not support {runtime} since {since}", f"There are: {known}.")
    if architecture not in ARCHITECTURES:
        raise UsageError(f"the architecture {architecture!r} is not known", f"There are: {', '.join(ARCHITECTURES)}.")


def _download(folder: Path, python: str, platform: str, requirements: Path) -> list[Path]:
    """The wheels, held to their hashes by pip, from the index that it is set up with."""
    arguments = [
        "--quiet", "--disable-pip-version-check", "--no-input", "--require-hashes", "--only-binary=:all:",
        f"--platform={platform}", f"--python-version={python}", "--implementation=cp",
        f"--dest={folder}", f"--requirement={requirements}",
    ]  # fmt: skip
    try:
        # In a folder of its own: Python looks for pip where it is started, before anywhere else.
        done = subprocess.run(  # noqa: S603  (every word is ours)
            [sys.executable, "-m", "pip", "download", *arguments],
            cwd=folder, capture_output=True, text=True, errors="replace", check=False, timeout=_SECONDS,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise GuardriftError(
            f"pip could not be run: {type(fault).__name__}", "Check the network, and try again."
        ) from None
    if done.returncode != 0:
        raise _why(done.stderr)
    return sorted(folder.glob("*.whl"))


def _why(said: str) -> GuardriftError:
    if "No module named pip" in said:
        return UsageError(
            f"{sys.executable} has no pip, by which the wheels are had",
            "Run 'python -m ensurepip' with it, or install pip.",
        )
    if "DO NOT MATCH THE HASHES" in said or "HashMismatch" in said:
        return GuardriftError(
            "a wheel is not the one that was pinned: its hash differs",
            "Do not use it. Look at what the index of pip gives out (pip config list).",
        )
    lines = [line for line in said.splitlines() if line.startswith("ERROR")] or said.splitlines()[-1:]
    told = _URL_CREDENTIALS.sub("", "; ".join(lines))[:600]
    return GuardriftError(
        f"the wheels could not be downloaded: {told}", "Check the network and the index of pip (pip config list)."
    )


def _own_files() -> Iterator[tuple[str, bytes]]:
    """The own code as it lies in the wheel of guardrift, from an installation or a checkout."""
    here = Path(__file__).resolve().parent
    yield from _tree(here, "guardrift")
    if not (here / "_app").is_dir():
        for part in _PARTS:
            yield from _tree(here.parent / part, f"guardrift/_app/{part}")


def _tree(folder: Path, name: str) -> Iterator[tuple[str, bytes]]:
    for path in folder.rglob("*"):
        inner = path.relative_to(folder)
        is_ours = not any(part.startswith(".") or part == "__pycache__" for part in inner.parts)
        if is_ours and path.is_file() and path.suffix != ".pyc":
            yield f"{name}/{inner.as_posix()}", path.read_bytes()


def _files_of(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as opened:
        names = [each.filename for each in opened.infolist() if not each.is_dir()]
        strange = [each for each in names if _is_strange(PurePosixPath(each))]
        if strange:
            raise GuardriftError(f"{wheel.name} holds {strange[0]!r}, which is not unpacked", "Do not use it.")
        return {each: opened.read(each) for each in names}


def _is_strange(path: PurePosixPath) -> bool:
    return path.is_absolute() or ".." in path.parts or path.parts[0].endswith(".data")


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip that depends on nothing but the files: neither on the time, nor on the order or rights on a disk."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            # Lambda runs as a user who owns none of it.
            entry.external_attr = (0o755 if name.endswith(".so") else 0o644) << 16
            archive.writestr(entry, files[name])
    return held.getvalue()
