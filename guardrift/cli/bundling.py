"""guardrift policies lambda-bundle: the zip of the responder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def lambda_bundle(
    output: Annotated[Path, typer.Option("--output", "-o", help="The zip that is written.")] = Path(
        "guardrift-responder.zip"
    ),
    runtime: Annotated[
        str, typer.Option("--runtime", help="The runtime of Lambda: python3.11, python3.12 or python3.13.")
    ] = "python3.13",
    architecture: Annotated[str, typer.Option("--architecture", help="x86_64 or arm64.")] = "x86_64",
) -> None:
    """Build the zip of the function that answers findings, from pinned wheels that pip downloads.

    Its handler is guardrift.responder.handle. The same version of guardrift gives the same file.

    \b
    Example:
      guardrift policies lambda-bundle --runtime python3.13 --architecture arm64 -o responder.zip
    """  # noqa: D301  (the \b keeps the lines of the example apart)
    import base64
    import hashlib
    from datetime import UTC, datetime

    from guardrift.cli.output import check_writable, data, note, write_file
    from guardrift.lambda_bundle import HANDLER, LARGEST_UPLOAD, build_bundle, supported_until

    check_writable(output)
    bundle = build_bundle(runtime, architecture, datetime.now(UTC))
    write_file(output, bundle.content)
    note(f"Written: {output}, {len(bundle.content):,} bytes, {bundle.unzipped:,} unzipped; {', '.join(bundle.wheels)}")
    note(f"Handler: {HANDLER}; runtime {runtime}, which AWS supports until {supported_until(runtime)}; {architecture}")
    if len(bundle.content) > LARGEST_UPLOAD:
        note("It is too large to be uploaded to Lambda itself: put it into a bucket, and name that.")
    # What Lambda tells as CodeSha256, by which a deployed function is compared with it.
    data(base64.b64encode(hashlib.sha256(bundle.content).digest()).decode())
