"""How AWS is asked and told: one call at a time, by whoever has the credentials."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.handlers import json_decode_policies

from scanner.collect.session import global_endpoint
from scanner.errors import UsageError

_GLOBAL = "us-east-1"
_SKEW = timedelta(seconds=3)
"""A clock that differs by less from AWS's is right: AWS tells whole seconds, and an answer takes its time."""
_SIGNED = timedelta(minutes=15)
"""AWS refuses requests that were signed at a time further from its own, so that a clock told so is not AWS's."""
_ANSWERS = 8
"""So many of the last answers tell the time; the one that was quickest on its way tells it best."""


class Api(Protocol):
    """What carrying out, undoing and verifying need of AWS."""

    def call(
        self, service: str, operation: str, *, region: str = "", organization: bool = False, **parameters: Any
    ) -> dict[str, Any]:
        """One request, repeated as the SDK does; policy documents of IAM come as the text that AWS sent.

        Args:
            service: as boto3 names it.
            operation: as the API names it, such as ``PutRolePolicy``.
            region: where; empty for a global service.
            organization: ask with the credentials of the management account.
            parameters: of the operation.

        Raises:
            botocore.exceptions.ClientError: AWS refuses.
            botocore.exceptions.BotoCoreError: AWS is not reached.
            UsageError: there are no credentials for the management account.
        """
        ...

    def now(self) -> datetime:
        """The time, by AWS's clock as far as its answers told it."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


@dataclass(slots=True)
class AwsApi:
    """AWS, by sessions of boto3.

    Attributes:
        session: with the affected account.
        organization: with the management account, or the one that policies were delegated to; None without such.
        user_agent: how CloudTrail shall name us.
        on_client: is told each client that is made, before it is used.
        partition: of the account; tells where its global services answer to a session without a region.
    """

    session: Any
    organization: Any = None
    user_agent: str = "guardrift"
    on_client: Callable[[Any], None] | None = None
    partition: str = "aws"
    _clients: dict[tuple[str, str, bool], Any] = field(default_factory=dict)
    _told: deque[timedelta] = field(default_factory=lambda: deque(maxlen=_ANSWERS))
    _making: threading.Lock = field(default_factory=threading.Lock)

    def call(
        self, service: str, operation: str, *, region: str = "", organization: bool = False, **parameters: Any
    ) -> dict[str, Any]:
        """See ``Api``."""
        client = self._client(service, region, organization)
        try:
            answer: dict[str, Any] = getattr(client, xform_name(operation))(**parameters)
        except ClientError as fault:
            self._set_clock(fault.response)
            raise
        self._set_clock(answer)
        return answer

    def now(self) -> datetime:
        """See ``Api``."""
        # What an answer tells is over when it arrives, so that the latest of several is the nearest to the truth.
        offset = max(self._told, default=timedelta())
        return datetime.now(UTC) + (offset if abs(offset) > _SKEW else timedelta())

    def sleep(self, seconds: float) -> None:
        """See ``Api``."""
        time.sleep(seconds)

    def _client(self, service: str, region: str, organization: bool) -> Any:
        session = self.organization if organization else self.session
        if session is None:
            raise UsageError(
                "this needs credentials of the management account",
                "Give --organization-profile or --organization-role-arn.",
            )
        place = (service, region, organization)
        with self._making:
            if place not in self._clients:
                config = Config(
                    retries={"mode": "standard", "total_max_attempts": 8},
                    connect_timeout=5,
                    read_timeout=30,
                    user_agent_extra=self.user_agent,
                )
                made = session.client(service, region_name=self._region(region, session), config=config)
                # What is put back has to be what was there, byte for byte, and not what it parses to.
                made.meta.events.unregister("after-call.iam", json_decode_policies)
                if self.on_client is not None:
                    self.on_client(made)
                self._clients[place] = made
            return self._clients[place]

    def _region(self, region: str, session: Any) -> str:
        return region or session.region_name or global_endpoint(self.partition, _GLOBAL)

    def _set_clock(self, answer: Mapping[str, Any]) -> None:
        """A machine whose clock is wrong would compute a cutoff that spares sessions, or shuts everybody out."""
        told = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
        try:
            offset = parsedate_to_datetime(told) - datetime.now(UTC)
        except (TypeError, ValueError):
            return
        if abs(offset) <= _SIGNED:
            self._told.append(offset)
