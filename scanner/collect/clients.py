"""The clients of one session: one for each service and region, made while others are already asking."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from botocore.config import Config
from botocore.exceptions import UnknownRegionError
from botocore.handlers import json_decode_policies

from scanner.collect.pace import Pace
from scanner.collect.raw_answers import refuse_what_is_no_answer

_OF_AWS = re.compile(r"(?:^|\.)amazonaws\.com(?:\.cn)?$|\.api\.aws$")
_SILENT_SERVICES = 5
_ADDRESS = re.compile(r"[0-9]{12}\.([0-9.]+)")


@dataclass(slots=True)
class Meter:
    """How long things took, in seconds, and how many calls were in flight at once."""

    clients: int = 0
    making_clients: float = 0.0
    starting: float = 0.0
    collecting: float = 0.0
    retries: int = 0
    in_flight: int = 0
    most_in_flight: int = 0


@dataclass(slots=True)
class Clients:
    """Clients of one session, made one by one: a boto3 session is not safe to use from several threads.

    Whoever needs a client that is made already does not wait for those that are being made.

    Attributes:
        calls: how many requests may be in flight.
        pace: waits before each request, retries included, where a rate is set.
    """

    session: Any
    config: Config
    calls: int = 16
    pace: Pace | None = None
    meter: Meter = field(default_factory=Meter)
    _made: dict[tuple[str, str], Any] = field(default_factory=dict)
    _silent: dict[str, set[str]] = field(default_factory=dict)
    _reached: set[str] = field(default_factory=set)
    _making: threading.Lock = field(default_factory=threading.Lock)
    _counting: threading.Lock = field(default_factory=threading.Lock)
    _gate: threading.BoundedSemaphore = field(init=False)

    def __post_init__(self) -> None:
        self._gate = threading.BoundedSemaphore(self.calls)

    def get(self, service: str, region: str) -> Any:
        """The client, made on first use."""
        found = self._made.get((service, region))
        if found is not None:
            return found
        with self._making:
            if (service, region) not in self._made:
                began = time.perf_counter()
                self._made[service, region] = self._make(service, region)
                self.meter.clients += 1
                self.meter.making_clients += time.perf_counter() - began
            return self._made[service, region]

    @contextmanager
    def in_flight(self) -> Iterator[None]:
        """Wait until another request may be made."""
        with self._gate:
            with self._counting:
                self.meter.in_flight += 1
                self.meter.most_in_flight = max(self.meter.most_in_flight, self.meter.in_flight)
            try:
                yield
            finally:
                with self._counting:
                    self.meter.in_flight -= 1

    def reached(self, region: str) -> None:
        """Note that something in a region answered, be it with an error."""
        self._reached.add(region)

    def not_reached(self, service: str, region: str) -> None:
        """Note that a service did not answer in all its attempts."""
        with self._counting:
            self._silent.setdefault(region, set()).add(service)

    def is_silent(self, region: str) -> bool:
        """Whether several services of a region did not answer and none did: each further one would cost a minute."""
        return region not in self._reached and len(self._silent.get(region, ())) >= _SILENT_SERVICES

    def count_retries(self, answer: Mapping[str, Any]) -> None:
        """Note how often the SDK had to ask again for an answer."""
        again = (answer.get("ResponseMetadata") or {}).get("RetryAttempts") or 0
        if again:
            with self._counting:
                self.meter.retries += again

    def exists(self, service: str, region: str) -> bool:
        """Whether the service may be there: false only for a region that the SDK knows, and knows to be without it."""
        with self._making:
            try:
                partition = self.session.get_partition_for_region(region)
            except UnknownRegionError:
                return True
            known, offered = (
                self.session.get_available_regions(name, partition_name=partition) for name in ("ec2", service)
            )
        return region in offered or region not in known

    def _make(self, service: str, region: str) -> Any:
        client = self.session.client(service, region_name=region, config=self.config)
        if service == "s3" and not _OF_AWS.search(urlsplit(client.meta.endpoint_url).hostname or ""):
            # Names of buckets before the name of another host lead nowhere.
            by_path = self.config.merge(Config(s3={"addressing_style": "path"}))
            client = self.session.client(service, region_name=region, config=by_path)
        events = client.meta.events
        # The SDK would parse policy documents, and a single one that it chokes on would cost the whole answer.
        events.unregister("after-call.iam", json_decode_policies)
        events.register("before-parse", refuse_what_is_no_answer)
        events.register("before-send.s3-control", _without_account_before_address)
        if self.pace is not None:
            events.register("before-send", _waits(self.pace))
        return client


def _waits(pace: Pace) -> Callable[..., None]:
    def handler(**_: object) -> None:
        pace.wait()

    return handler


def _without_account_before_address(request: Any, **_: object) -> None:
    """S3 Control puts the account before the host, which no numeric address can have."""
    parts = urlsplit(request.url)
    match = _ADDRESS.match(parts.hostname or "")
    if match is not None:
        request.url = urlunsplit(parts._replace(netloc=parts.netloc.partition(".")[2]))
