"""Collect whom AWS would call: which contacts there are, and nothing about the people behind them."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any

from scanner.collect.desk import Desk
from scanner.collect.reader import Reader
from scanner.inventory import AlternateContact, AlternateContacts, ContactInformation, Gap

_ADDRESS = ("AddressLine1", "City", "PostalCode", "CountryCode")


def read_contacts(desk: Desk) -> AlternateContacts:
    """The alternate contacts for security, billing and operations, each by its own question."""
    return AlternateContacts(*desk.each(partial(_contact, desk), ("SECURITY", "BILLING", "OPERATIONS")))


def _contact(desk: Desk, role: str) -> AlternateContact | Gap | None:
    def read(reader: Reader) -> AlternateContact | None:
        found = reader.find("GetAlternateContact", AlternateContactType=role)
        return None if found is None else _without_names(found["AlternateContact"])

    return desk.ask("account", "global", "GetAlternateContact", read, AlternateContact | None, subject=role)


def _without_names(contact: dict[str, Any]) -> AlternateContact:
    address = str(contact.get("EmailAddress") or "").strip().lower()
    return AlternateContact(
        email_domain=address.rpartition("@")[2] or None if "@" in address else None,
        email_sha256=hashlib.sha256(address.encode()).hexdigest() if address else None,
        has_phone=bool(contact.get("PhoneNumber")),
    )


def read_contact_information(desk: Desk) -> ContactInformation | Gap | None:
    """Which of the account's own contact details are filled in."""

    def read(reader: Reader) -> ContactInformation | None:
        found = reader.find("GetContactInformation")
        if found is None:
            return None
        details = found["ContactInformation"]
        return ContactInformation(
            has_name=bool(details.get("FullName")),
            has_phone=bool(details.get("PhoneNumber")),
            has_address=all(details.get(part) for part in _ADDRESS),
        )

    return desk.ask("account", "global", "GetContactInformation", read, ContactInformation | None)
