"""Whom AWS can reach: the security contact, and the account's own contact details."""

from __future__ import annotations

from rules.frameworks import attack, cis, csf, well_architected
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.subjects import the_account
from scanner.inventory import Account, AlternateContact, Gap, known

_ACCOUNTS = "https://docs.aws.amazon.com/accounts/latest/reference/"


@rule(
    "security-contact-missing",
    severity="medium",
    phase="detect",
    subjects=the_account,
    apis=("account:GetAlternateContact",),
    controls=(
        *cis(v7="2.3", v5="1.2"), *csf("RS.CO-02"), *well_architected("SEC10-BP01"), *attack(v18="T1078.004"),
    ),
    references=(f"{_ACCOUNTS}manage-acct-update-contact-alternate.html",),
)  # fmt: skip
def security_contact_missing(account: Account, _: Scene[NoParameters]) -> Hit | None:
    """AWS has nobody to tell of a security matter.

    ## Why
    When AWS finds a key of the account in public, or abuse that comes from it, it writes to the security contact.
    Without one the message goes to the address of the root user, which nobody may read for days. A contact that is the
    same as the one for bills or operations (low) is read by people who do not know what to do with it. Addresses are
    compared by their digest and not kept.

    ## Fix
    Set the security contact to a list that the responders read at all hours, from the management account for every
    member at once.

    ## Breaks
    Nothing.

    ## Bad
    ```json
    {"contacts": {"security": null, "billing": null, "operations": null}}
    ```

    ## Good
    ```json
    {"contacts": {"billing": null, "operations": null,
      "security": {"kind": "alternate-contact", "email_domain": "example.com", "email_sha256": "aa"}}}
    ```
    """
    security = known(account.contacts.security)
    if security is None:
        return Hit("No security contact is set.", material=("contact:none",))
    others = {"billing": account.contacts.billing, "operations": account.contacts.operations}
    same = sorted(name for name, other in others.items() if _is_same(security, other))
    if not same:
        for other in others.values():
            known(other)
        return None
    return Hit(
        f"The security contact has the same address as the contact for {' and '.join(same)}.",
        material=tuple(f"contact:same-as-{name}" for name in same),
        details={"same_as": same, "domain": security.email_domain},
        severity="low",
    )


def _is_same(security: AlternateContact, other: AlternateContact | Gap | None) -> bool:
    if other is None or isinstance(other, Gap):
        return False
    return security.email_sha256 is not None and security.email_sha256 == other.email_sha256


@rule(
    "contact-details-missing",
    severity="medium",
    phase="detect",
    subjects=the_account,
    apis=("account:GetContactInformation",),
    controls=(
        *cis(v7="2.2", v5="1.1"), *csf("RS.CO-02"), *well_architected("SEC10-BP01"), *attack(v18="T1078.004"),
    ),
    references=(f"{_ACCOUNTS}manage-acct-update-contact-primary.html",),
)  # fmt: skip
def contact_details_missing(account: Account, _: Scene[NoParameters]) -> Hit | None:
    """The contact details of the account are incomplete.

    ## Why
    By them AWS reaches the owner, and lets him prove that the account is his when a thief has changed the password of
    the root user. Seen is whether a name, a phone number and an address are there; whether they are still right only
    the owner knows.

    ## Fix
    Fill in what is missing, with a phone number and an address of the organization and not of one person, and look at
    them once a year.

    ## Breaks
    Nothing.

    ## Bad
    ```json
    {"contact_information": {"kind": "contact-information", "has_name": true, "has_address": true}}
    ```

    ## Good
    ```json
    {"contact_information": {"kind": "contact-information", "has_name": true, "has_address": true, "has_phone": true}}
    ```
    """
    found = known(account.contact_information)
    if found is None:
        return Hit("The account has no contact details.", material=("contact-details:none",))
    parts = {"name": found.has_name, "phone": found.has_phone, "address": found.has_address}
    missing = [name for name, is_there in parts.items() if not is_there]
    if not missing:
        return None
    return Hit(
        f"Of the contact details of the account is missing: {', '.join(missing)}.",
        material=tuple(f"contact-details:no-{name}" for name in missing),
        details={"missing": missing},
    )
