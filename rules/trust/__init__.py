"""Trust policies: who may become a role, from outside and by way of identity providers and services."""

from __future__ import annotations

from rules.trust import accounts, federation, organizations, providers, services

MODULES = (accounts, federation, organizations, providers, services)
