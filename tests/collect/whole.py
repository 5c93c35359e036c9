"""The whole account as AWS answers about it: every action has an answer."""

from __future__ import annotations

from typing import Any

from tests.collect import (
    answers_alerts,
    answers_compute,
    answers_detection,
    answers_identity,
    answers_logs,
    faulty,
)

ANSWERS: dict[str, Any] = {
    **faulty.ANSWERS,
    **answers_identity.ANSWERS,
    **answers_compute.ANSWERS,
    **answers_logs.ANSWERS,
    **answers_detection.ANSWERS,
    **answers_alerts.ANSWERS,
}
