"""What carries findings about credentials to people, and to a function that contains: a stack in two languages."""

from __future__ import annotations

from policies.automation.catalogue import STACKS, deploying, forms_of, render_stack
from policies.preparation.wish import MODES, Mode

__all__ = ["MODES", "STACKS", "Mode", "deploying", "forms_of", "render_stack"]
