"""Contacts: whether there are any, and nothing about the people behind them."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest

from scanner.collect.contacts import read_contact_information, read_contacts
from scanner.inventory import AlternateContact, AlternateContacts, ContactInformation, Gap, known
from tests.collect.answers_identity import ANSWERS
from tests.collect.asking import asking
from tests.collect.stand_in import DENIED, Refusal, StandIn

CONTACT, INFORMATION = "account:GetAlternateContact", "account:GetContactInformation"


@pytest.fixture(autouse=True)
def _answers(aws: StandIn) -> None:
    aws.reset(ANSWERS)


def read(session: Any, **options: Any) -> tuple[AlternateContacts, ContactInformation | Gap | None]:
    with asking(session, **options) as desk:
        return read_contacts(desk), read_contact_information(desk)


def digest(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()


def test_every_contact_by_its_own_question(session: Any, aws: StandIn) -> None:
    contacts, information = read(session)

    assert contacts == AlternateContacts(
        security=AlternateContact("example.com", digest("security@example.com"), has_phone=True),
        billing=AlternateContact(),
        operations=None,
    )
    assert information == ContactInformation(has_name=True, has_phone=True, has_address=True)
    assert {api: number for (api, _), number in aws.requests.items()} == {CONTACT: 3, INFORMATION: 1}
    asked = [request.parameters for request in aws.asked if request.api == CONTACT]
    # An account that names itself is refused: the question is about the caller's account.
    assert sorted(map(str, asked)) == sorted(
        str({"AlternateContactType": role}) for role in ("SECURITY", "BILLING", "OPERATIONS")
    )


def test_people_stay_unknown(session: Any) -> None:
    text = msgspec.json.encode(read(session)).decode().lower()

    assert "not-to-be-kept" not in text
    assert "security@" not in text
    assert "555" not in text.replace(digest("security@example.com"), "")


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("Sec@Mail.Example.COM", "mail.example.com"),
        ('"a@b"@example.com', "example.com"),
        ("no-address", None),
        ("nobody@", None),
    ],
)
def test_addresses(session: Any, aws: StandIn, address: str, domain: str | None) -> None:
    aws.answer(CONTACT, {"AlternateContact": {"EmailAddress": address}})

    contacts, _ = read(session)

    assert contacts.security == AlternateContact(domain, digest(address.lower()))


def test_one_contact_is_denied(session: Any, aws: StandIn) -> None:
    aws.answer(
        CONTACT,
        lambda asked: (
            DENIED
            if asked.parameters["AlternateContactType"] == "BILLING"
            else Refusal("ResourceNotFoundException", 404)
        ),
    )

    contacts, _ = read(session)

    assert (contacts.security, contacts.operations) == (None, None)
    assert isinstance(contacts.billing, Gap)
    assert (contacts.billing.api, contacts.billing.status, contacts.billing.region) == (CONTACT, "denied", "global")


@pytest.mark.parametrize("missing", ["AddressLine1", "City", "PostalCode", "CountryCode"])
def test_half_an_address_is_none(session: Any, aws: StandIn, missing: str) -> None:
    details = {**aws.plain(INFORMATION)["ContactInformation"], missing: ""}
    aws.answer(INFORMATION, {"ContactInformation": details})

    assert known(read(session)[1]) == ContactInformation(has_name=True, has_phone=True)


def test_no_contact_information(session: Any, aws: StandIn) -> None:
    aws.answer(INFORMATION, Refusal("ResourceNotFoundException", 404))

    assert read(session)[1] is None


@pytest.mark.parametrize(("answer", "status"), [({}, "error"), (DENIED, "denied")])
def test_what_is_not_told_is_not_absent(session: Any, aws: StandIn, answer: Any, status: str) -> None:
    aws.answer(CONTACT, answer)
    aws.answer(INFORMATION, answer)

    contacts, information = read(session)

    for part in (contacts.security, contacts.billing, contacts.operations, information):
        assert isinstance(part, Gap)
        assert (part.status, part.region) == (status, "global")


def test_contacts_that_no_rule_needs(session: Any, aws: StandIn) -> None:
    contacts, information = read(session, unwanted=[CONTACT, INFORMATION])

    for part in (contacts.security, contacts.billing, contacts.operations, information):
        assert isinstance(part, Gap)
        assert part.status == "skipped"
    assert aws.asked == []
