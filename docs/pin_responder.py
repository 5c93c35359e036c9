"""Write guardrift/responder/requirements.txt anew: the wheels that the responder is bundled with, with their hashes.

    python docs/pin_responder.py [--check] [NAME==VERSION...]

Without versions those of the file are taken. pip downloads every wheel for each runtime and architecture of Lambda that
is supported. With --check nothing is written, and the exit code is 1 if the file would change.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from guardrift.lambda_bundle import ARCHITECTURES, REQUIREMENTS, RUNTIMES  # noqa: E402

_HEAD = """\
# What the responder imports beside the SDK, which the runtimes of Lambda have.
# Written by docs/pin_responder.py for {runtimes} on {architectures}.
"""


def main() -> int:
    """Write the file, or compare with it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("pins", nargs="*", metavar="NAME==VERSION")
    arguments = parser.parse_args()
    present = REQUIREMENTS.read_text() if REQUIREMENTS.exists() else ""
    pins = arguments.pins or re.findall(r"^[a-z0-9-]+==[^\s\\]+", present, re.MULTILINE)
    wanted = text(sorted(pins))
    if arguments.check:
        return int(wanted != present)
    REQUIREMENTS.write_text(wanted)
    return 0


def text(pins: list[str]) -> str:
    """The file that pins these."""
    lines = [_HEAD.format(runtimes=", ".join(RUNTIMES), architectures=", ".join(ARCHITECTURES))]
    for pin in pins:
        hashes = " \\\n".join(f"    --hash=sha256:{each}" for each in sorted(digests(pin)))
        lines.append(f"{pin} \\\n{hashes}\n")
    return "".join(lines)


def digests(pin: str) -> set[str]:
    """The hashes of every wheel of one version that some runtime on some architecture takes."""
    with tempfile.TemporaryDirectory() as folder:
        for python in RUNTIMES.values():
            for platform in ARCHITECTURES.values():
                subprocess.run(
                    [
                        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                        "--only-binary=:all:", f"--platform={platform}", f"--python-version={python}",
                        "--implementation=cp", f"--dest={folder}", pin,
                    ],
                    cwd=folder, check=True,
                )  # fmt: skip
        return {hashlib.sha256(path.read_bytes()).hexdigest() for path in Path(folder).glob("*.whl")}


if __name__ == "__main__":
    sys.exit(main())
