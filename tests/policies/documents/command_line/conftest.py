"""The fixtures of the command line."""

from tests.cli.conftest import _quiet_again, clean, run, work

__all__ = ["_quiet_again", "clean", "run", "work"]
