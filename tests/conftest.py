"""What holds for all tests."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    # On import it leaves a file to the garbage collector, which would warn in whatever test imports it first.
    warnings.simplefilter("ignore", ResourceWarning)
    import policyuniverse  # noqa: F401
