"""The network seal: while the demo account is open, nothing leaves the process."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Any, NoReturn

from botocore.httpsession import URLLib3Session


class NetworkSealedError(RuntimeError):
    """Something tried to reach the network while the demo account was open."""


@contextlib.contextmanager
def sealed() -> Iterator[None]:
    """Refuse every request, connection and name lookup for as long as the context lasts.

    The seal has to be outside of ``mock_aws``: the emulator answers before botocore sends, so what reaches ``send`` is
    what it did not answer. Sockets of the Unix domain stay usable, since they do not leave the machine.

    Raises:
        NetworkSealedError: from the call that tried, with the host it wanted.
    """
    with (
        _replaced(URLLib3Session, "send", _refuse_request),
        _replaced(socket.socket, "connect", _local_only(socket.socket.connect)),
        _replaced(socket.socket, "connect_ex", _local_only(socket.socket.connect_ex)),
        _replaced(socket, "getaddrinfo", _refuse_lookup),
    ):
        yield


@contextlib.contextmanager
def _replaced(owner: object, name: str, stand_in: object) -> Iterator[None]:
    # An inherited method must be uncovered again rather than copied into the class.
    own = vars(owner).get(name)
    setattr(owner, name, stand_in)
    try:
        yield
    finally:
        if own is None:
            delattr(owner, name)
        else:
            setattr(owner, name, own)


def _refuse_request(_session: object, request: Any) -> NoReturn:
    raise NetworkSealedError(f"the demo account does not answer {request.method} {request.url.split('?')[0]}")


def _refuse_lookup(host: object, *_args: object, **_kwargs: object) -> NoReturn:
    raise NetworkSealedError(f"the demo account is sealed: no lookup of {host}")


def _local_only(connect: Any) -> Any:
    def guarded(sock: socket.socket, address: Any) -> Any:
        if isinstance(address, tuple):
            raise NetworkSealedError(f"the demo account is sealed: no connection to {address[0]}")
        return connect(sock, address)

    return guarded
