"""Detection services, and the events that somebody should be told of."""

from __future__ import annotations

from rules.detection import (
    aggregators,
    analyzers,
    equivalents,
    equivalents_changes,
    equivalents_data,
    equivalents_exposure,
    equivalents_sign_in,
    honey,
    hubs,
    recorded_types,
    recorders,
)

MODULES = (
    analyzers,
    recorders,
    recorded_types,
    aggregators,
    hubs,
    honey,
    equivalents,
    equivalents_exposure,
    equivalents_sign_in,
    equivalents_changes,
    equivalents_data,
)
