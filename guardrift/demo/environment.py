"""The process environment while the demo account is open: without anything that steers an AWS SDK or the emulator."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

_STEERING = ("AWS_", "MOTO_")
_INSTEAD = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    # The demo registers its own images; moto's thousands cost 60 ms in each region.
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
}


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Hide profiles, endpoints, configuration files and credentials of the caller, and bring them back afterwards.

    The session of the demo could ignore them by itself, but the emulator makes sessions of its own while it is loaded.
    """
    hidden = {name: value for name, value in os.environ.items() if name.startswith(_STEERING)}
    for name in hidden:
        del os.environ[name]
    os.environ.update(_INSTEAD)
    try:
        yield
    finally:
        for name in _INSTEAD:
            os.environ.pop(name, None)
        os.environ.update(hidden)
