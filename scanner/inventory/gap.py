"""What was not collected, as a value that cannot be mistaken for "there is none"."""

from __future__ import annotations

from typing import Literal, NoReturn, TypeVar

import msgspec

Outcome = Literal["ok", "denied", "throttled", "error", "skipped", "not_applicable", "elsewhere"]
"""How the calls of one API action ended; everything but ``ok`` leaves a gap."""

REFUSED: frozenset[Outcome] = frozenset({"denied", "throttled", "error"})
"""How calls end that were made and got no answer, which another scan may get."""

T = TypeVar("T")


class Undetermined(Exception):
    """A rule cannot decide, because a fact that the answer depends on is not known.

    The engine turns it into the status ``unknown`` for the subject that was asked about.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotCollected(Undetermined):
    """An API answer was read that was never collected."""

    def __init__(self, gap: Gap) -> None:
        super().__init__(describe(gap))
        self.gap = gap


class Gap(msgspec.Struct, frozen=True, eq=False, tag_field="kind", tag="gap"):
    """A whole API answer that was not collected.

    Reading anything from it raises ``NotCollected``, and it can be neither compared, counted, iterated nor tested for
    truth, so that a denied call can never look like an empty list.

    Attributes:
        api: the API action, such as ``guardduty:ListDetectors``.
        status: how the call ended.
        region: the region asked, ``global`` for global services, ``*`` for every region.
        reason: what the service or the network said, for people.
    """

    api: str
    status: Outcome
    region: str = "global"
    reason: str = ""

    @property
    def is_refused(self) -> bool:
        """Whether a call was made that got no answer, which another scan may get."""
        return self.status in REFUSED

    def _refuse(self, *_: object) -> NoReturn:
        raise NotCollected(self)

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __bool__ = __len__ = __iter__ = __contains__ = __getitem__ = __hash__ = _refuse

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotCollected(self)


def known(answer: T | Gap) -> T:
    """The answer itself; raises ``NotCollected`` if it is a gap."""
    if isinstance(answer, Gap):
        raise NotCollected(answer)
    return answer


def describe(gap: Gap) -> str:
    """One sentence about a gap, such as "guardduty:ListDetectors was denied in eu-west-1"."""
    what = {
        "denied": "was denied",
        "throttled": "was throttled to the end",
        "skipped": "was not asked for",
        "not_applicable": "does not exist",
        "elsewhere": "can be read only from another account",
    }.get(gap.status, "failed")
    where = {"global": "", "*": " in any region"}.get(gap.region, f" in {gap.region}")
    return f"{gap.api} {what}{where}" + (f" ({gap.reason})" if gap.reason else "")
