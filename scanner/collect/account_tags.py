"""Read the tags that the organization has put on its accounts; only asked for where accounts are chosen by them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from scanner.collect.clients import Clients
from scanner.collect.desk import Desk
from scanner.collect.journal import Journal
from scanner.collect.ledger import Ledger
from scanner.collect.pace import Pace
from scanner.collect.reader import Reader
from scanner.collect.session import client_config, global_endpoint, identify
from scanner.collect.tasks import Tasks, threads
from scanner.inventory import Gap

_API = "organizations:ListTagsForResource"


def account_tags(
    session: Any, account_ids: Iterable[str], *, concurrency: int, max_rate: float | None, user_agent: str
) -> dict[str, dict[str, str] | Gap]:
    """The tags of each account, or the gap where they could not be read.

    Args:
        session: of an account that may read the organization.
        account_ids: the accounts.
        concurrency: calls in flight.
        max_rate: requests a second; None for no limit.
        user_agent: what AWS is told of the program.

    Raises:
        CollectError: AWS cannot be asked at all.
    """
    clients = Clients(
        session, client_config(concurrency, user_agent), concurrency, Pace(max_rate) if max_rate else None
    )
    caller = identify(clients, session.region_name)
    with threads(concurrency) as pool:
        desk = Desk(
            clients=clients,
            ledger=Ledger(),
            caller=caller,
            global_region=global_endpoint(caller.partition, session.region_name),
            tasks=Tasks(pool, lambda _done, _total: None),
            wanted=frozenset({_API}),
            journal=Journal(),
        )
        ids = list(account_ids)
        return dict(zip(ids, desk.each(partial(_tags, desk), ids), strict=True))


def _tags(desk: Desk, account_id: str) -> dict[str, str] | Gap:
    operation = _API.partition(":")[2]

    def read(reader: Reader) -> dict[str, str]:
        pages = reader.pages(operation, ResourceId=account_id)
        return {tag["Key"]: tag["Value"] for page in pages for tag in page.get("Tags") or ()}

    return desk.ask("organizations", "global", operation, read, dict[str, str], subject=account_id)
