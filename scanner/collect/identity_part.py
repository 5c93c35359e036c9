"""The global part of a collection: IAM."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from scanner.authorization_details import Details
from scanner.collect import iam
from scanner.collect.desk import Desk, Tasks
from scanner.inventory import CredentialReport, Gap, UserKeys


class DetailsPart:
    """Principals and policies alone, where only permissions matter."""

    def __init__(self, desk: Desk, tasks: Tasks) -> None:
        self._details = tasks.start(iam.read_details, desk.everywhere("iam"))

    def follow_up(self) -> None:
        """Nothing waits for the answer."""

    def found(self) -> dict[str, Any]:
        """The parts of the account by name; waits for them."""
        details: Details = self._details.result()
        return details._asdict()


class IdentityPart:
    """The global part: IAM, whose access keys can be asked for only when users and credential report are known."""

    def __init__(self, desk: Desk, tasks: Tasks, keys_of: str | None, pause: Callable[[float], None]) -> None:
        self._reader = desk.everywhere("iam")
        self._tasks = tasks
        self._keys_of = keys_of
        self._report = tasks.start(iam.read_credential_report, self._reader, pause)
        self._details = tasks.start(iam.read_details, self._reader)
        self._summary = tasks.start(iam.read_summary, self._reader)
        self._profiles = tasks.start(iam.read_instance_profiles, self._reader)
        self._keys: list[Future[UserKeys]] | Gap = []

    def follow_up(self) -> None:
        """Start what had to wait for the first answers."""
        details, report = self._details.result(), self._report.result()
        if isinstance(details.users, Gap):
            self._keys = details.users
        elif self._keys_of is not None:
            wanted = {self._keys_of, self._keys_of.lower()}
            named = [user.name for user in details.users if {user.arn, user.name.lower()} & wanted]
            self._keys = [self._tasks.start(iam.read_keys, self._reader, name, None) for name in named]
        elif isinstance(report, Gap):
            self._keys = report
        else:
            rows = {row.user: row for row in report.rows}
            names = iam.users_with_keys(details.users, report)
            self._keys = [self._tasks.start(iam.read_keys, self._reader, name, rows.get(name)) for name in names]

    def found(self) -> dict[str, Any]:
        """The parts of the account by name; waits for them."""
        details: Details = self._details.result()
        report: CredentialReport | Gap = self._report.result()
        keys = self._keys if isinstance(self._keys, Gap) else tuple(future.result() for future in self._keys)
        return {
            **details._asdict(),
            "credential_report": report,
            "summary": self._summary.result(),
            "instance_profiles": self._profiles.result(),
            "access_keys": keys if isinstance(keys, Gap) else tuple(sorted(keys, key=lambda holder: holder.user)),
        }
