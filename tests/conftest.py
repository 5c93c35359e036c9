"""What holds for all tests."""

from __future__ import annotations

import os
import warnings

with warnings.catch_warnings():
    # On import it leaves a file to the garbage collector, which would warn in whatever test imports it first.
    warnings.simplefilter("ignore", ResourceWarning)
    import policyuniverse  # noqa: F401
from hypothesis import HealthCheck, settings

for name in list(os.environ):
    # Whoever runs the tests may be signed in to an account; no test must depend on that, or reach it.
    if name.startswith(("AWS_", "GUARDRIFT_")) and name != "GUARDRIFT_REQUIRE_ALL":
        del os.environ[name]

# How long an example takes says more about what else the machine is doing than about the code.
settings.register_profile("no clock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no clock")
