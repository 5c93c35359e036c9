"""Trust policies: who may become a role, from outside and by way of identity providers and services."""

from __future__ import annotations

from rules.trust import accounts, anywhere, federation, organizations, providers, services

MODULES = (accounts, anywhere, federation, organizations, providers, services)
