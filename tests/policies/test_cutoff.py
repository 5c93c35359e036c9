"""The cutoff lies a little ahead, in whole seconds of UTC, and anything else is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import format_cutoff, parse_cutoff
from policies.cutoff import format_instant

ANY_ZONE = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
ANY_TIME = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=ANY_ZONE)  # noqa: DTZ001 - hypothesis adds it


@pytest.mark.parametrize(
    ("now", "cutoff"),
    [
        (datetime(2026, 11, 20, 23, 0, 0, tzinfo=UTC), "2026-11-20T23:00:30Z"),
        (datetime(2026, 11, 20, 23, 0, 0, 1, tzinfo=UTC), "2026-11-20T23:00:31Z"),
        (datetime(2026, 11, 20, 23, 0, 0, 999_999, tzinfo=UTC), "2026-11-20T23:00:31Z"),
        (datetime(2026, 12, 31, 23, 59, 29, 1, tzinfo=UTC), "2027-01-01T00:00:00Z"),
        (datetime(2026, 11, 21, 0, 0, 0, tzinfo=timezone(timedelta(hours=1))), "2026-11-20T23:00:30Z"),
        # An hour that the clock has twice, and the seconds before it jumps.
        (datetime(2026, 10, 25, 2, 59, 59, tzinfo=ZoneInfo("Europe/Vienna"), fold=1), "2026-10-25T02:00:29Z"),
        (datetime(2026, 10, 25, 2, 59, 59, tzinfo=ZoneInfo("Europe/Vienna"), fold=0), "2026-10-25T01:00:29Z"),
        (datetime(206, 1, 1, tzinfo=UTC), "0206-01-01T00:00:30Z"),
    ],
)
def test_cutoff_of_a_time(now: datetime, cutoff: str) -> None:
    assert format_cutoff(now) == cutoff


@given(ANY_TIME)
def test_cutoff_is_30_to_31_seconds_ahead(now: datetime) -> None:
    ahead = parse_cutoff(format_cutoff(now)) - now

    assert timedelta(seconds=30) <= ahead < timedelta(seconds=31)


@given(ANY_TIME)
def test_what_is_formatted_can_be_parsed(now: datetime) -> None:
    whole = now.replace(microsecond=0)

    assert parse_cutoff(format_instant(whole)) == whole


@pytest.mark.parametrize("format_it", [format_cutoff, format_instant])
def test_naive_times_are_refused(format_it: Callable[[datetime], str]) -> None:
    with pytest.raises(ValueError, match="time zone"):
        format_it(datetime(2026, 11, 20))  # noqa: DTZ001 - the point of the test


@pytest.mark.parametrize(
    "text",
    [
        "", "now", "2026-11-20", "2026-11-20T23:00:00", "2026-11-20 23:00:00Z", "2026-11-20T23:00:00+00:00",
        "2026-11-20T23:00:00.000Z", "2026-11-20T23:00Z", "2026-11-20T23:00:00z", " 2026-11-20T23:00:00Z",
        "2026-11-20T23:00:00Z\n", "2026-06-31T23:00:00Z", "2026-11-20T25:00:00Z", "2026-11-20T23:00:60Z",
        "0000-11-20T23:00:00Z",
        "\uff12\uff10\uff12\uff16-11-20T23:00:00Z", '2026-11-20T23:00:00Z"', "20261120T230000Z", "1795129200",
    ],
)  # fmt: skip
def test_malformed_times_are_refused_with_the_form(text: str) -> None:
    with pytest.raises(ValueError, match="YYYY-MM-DDThh:mm:ssZ"):
        parse_cutoff(text)


def test_parsed_cutoff_is_aware() -> None:
    assert parse_cutoff("2026-11-20T23:00:00Z") == datetime(2026, 11, 20, 23, tzinfo=UTC)
    assert timedelta() == parse_cutoff("2026-11-20T23:00:00Z").utcoffset()
