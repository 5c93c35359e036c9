"""The base of all inventory types, and the few types that they share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Raw

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""A point in time, always aware; encoded as UTC with ``Z``."""

Document = Raw
"""A policy document as compact JSON, its elements in AWS's order; ``scanner.iam.documents`` parses each text once."""


class Fact(msgspec.Struct, frozen=True, omit_defaults=True):
    """A frozen value that was read from AWS; ``None`` means that AWS says "absent"."""
