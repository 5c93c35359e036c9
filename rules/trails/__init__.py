"""Trails: whether what was done is recorded."""

from __future__ import annotations

from rules.trails import recording

MODULES = (recording,)
