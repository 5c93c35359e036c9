"""What `guardrift policies judge` says of our own stack: nothing."""

from __future__ import annotations

import json

import pytest

from policies.automation import MODES, Mode, render_stack
from policies.preparation.wish import Wish
from policies.responders import judge_document


@pytest.mark.parametrize("mode", MODES)
def test_our_own_alerting_is_found_right(mode: Mode) -> None:
    template = render_stack("alerting", "cloudformation", Wish(mode=mode))

    assert judge_document(template.encode()) == ()
    assert json.loads(template)["Resources"]
