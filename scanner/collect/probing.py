"""Put the questions of a preflight, and tell from AWS's answers whether the actions may be called."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from botocore.exceptions import ClientError, CredentialRetrievalError, NoCredentialsError, SSOError

from scanner.actions import permission_of
from scanner.collect.desk import Desk
from scanner.collect.ledger import Ledger
from scanner.collect.outcome import ABSENT, EXPIRED, MALFORMED, error_code
from scanner.collect.probe import Answer as Page
from scanner.collect.probe import Names, Probe, waves
from scanner.collect.probes import PROBES
from scanner.collect.reader import Reader
from scanner.collect.session import explain
from scanner.inventory import NotCollected, Outcome
from scanner.preflight import Answer, Status

_LOST = (CredentialRetrievalError, NoCredentialsError, SSOError)
"""What the SDK raises where there are no credentials any more."""

_NOTHING_TO_ASK_ABOUT = "nothing real is known to ask about, and of what does not exist AWS may say so to everybody"
_SAYS_NOTHING = "of what does not exist AWS may say so to everybody"


def told(api: str, region: str, status: Status, message: str = "", *, is_made_up: bool = False) -> Answer:
    """The answer about an action."""
    return Answer(
        api=api,
        permission=permission_of(api),
        region=region,
        status=status,
        message=message,
        is_made_up=is_made_up,
    )


def ask_place(desk: Desk, region: str, apis: Iterable[str], **names: str) -> tuple[list[Answer], dict[str, str]]:
    """Ask about actions in one region, or those of global services, and learn names by the way.

    Args:
        desk: where to ask.
        region: the region as coverage names it.
        apis: the actions.
        names: what is known beforehand, such as names that other places have told.

    Raises:
        CollectError: the credentials have expired.
    """
    known = {
        "account": desk.account_id,
        "partition": desk.caller.partition,
        "region": desk.global_region if region == "global" else region,
        **names,
    }
    answers: list[Answer] = []
    for wave in waves({api: PROBES[api] for api in apis}):
        for answer, learnt in desk.each(partial(_ask, desk, region, dict(known)), wave):
            answers.append(answer)
            known |= learnt
    return answers, known


def _ask(desk: Desk, region: str, names: Names, api: str) -> tuple[Answer, dict[str, str]]:
    probe = PROBES[api]
    try:
        parameters, is_made_up = probe.question(names)
    except KeyError:
        return told(api, region, "untold", _NOTHING_TO_ASK_ABOUT), {}
    service, _, operation = api.partition(":")
    endpoint = names.get("bucket_region", names["region"]) if "bucket" in probe.needs else names["region"]
    reader = Reader(desk.clients, Ledger(), service, endpoint, region)
    try:
        page = reader.call(operation, **parameters)
    except NotCollected as missing:
        status, message = _judged(api, missing, is_made_up=is_made_up)
        return told(api, region, status, message, is_made_up=is_made_up), {}
    return told(api, region, "readable", is_made_up=is_made_up), _learnt(probe, page, names)


def _learnt(probe: Probe, page: Page, names: Names) -> dict[str, str]:
    """The names in an answer; one of a strange shape, which is the scan's to tell, gives none."""
    found = {}
    for name, learn in probe.gives.items():
        try:
            value = learn(page, names)
        except MALFORMED:
            continue
        if value:
            found[name] = str(value)
    return found


def _judged(api: str, missing: NotCollected, *, is_made_up: bool) -> tuple[Status, str]:
    gap, fault, probe = missing.gap, missing.__cause__, PROBES[api]
    code = error_code(fault) if isinstance(fault, ClientError) else ""
    if isinstance(fault, _LOST) or (isinstance(fault, ClientError) and code in EXPIRED):
        raise explain(fault) from None
    is_unclear = code in probe.tells_nothing or "the resource does not exist" in str(fault)
    if is_unclear and (is_made_up or gap.status != "denied"):
        return "untold", f"{gap.reason} ({_SAYS_NOTHING})"
    if code in probe.proves or code in ABSENT.get(api, ()):
        return "readable", gap.reason
    if code.isdigit() and probe.needs and gap.status == "error":
        # No error of AWS but a page of something else: an endpoint that does not know what does not exist there.
        return "untold", gap.reason
    return status_of(gap.status), gap.reason


def status_of(outcome: Outcome) -> Status:
    """The status of an action whose call ended so; of what was not asked nothing can be told."""
    if outcome == "ok":
        return "readable"
    return "untold" if outcome == "skipped" else outcome
