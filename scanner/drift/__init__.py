"""What is other in an account than before, by meaning: resources, effective grants, why, and what follows."""

from scanner.drift.comparing import compare
from scanner.drift.sides import sides
from scanner.drift.told import Actions, Cause, Change, Compared, Diff, Grant, Unseen

__all__ = ["Actions", "Cause", "Change", "Compared", "Diff", "Grant", "Unseen", "compare", "sides"]
