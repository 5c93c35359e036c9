"""Trails: whether what was done is recorded."""

from __future__ import annotations

from rules.trails import (
    activity,
    data_events,
    delivery,
    encryption,
    integrity,
    keys,
    readers,
    recording,
    traffic,
)

MODULES = (recording, delivery, integrity, encryption, keys, readers, data_events, activity, traffic)
