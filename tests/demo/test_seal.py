"""The network seal: what it refuses, what it lets through, and that it is gone afterwards."""

from __future__ import annotations

import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from guardrift.demo.account import open_account
from guardrift.demo.seal import NetworkSealedError, sealed
from tests.demo.reading import AT


@pytest.fixture
def listener() -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()


def test_a_socket_may_not_connect(listener: tuple[str, int]) -> None:
    with socket.socket() as sock, sealed():
        with pytest.raises(NetworkSealedError, match="no connection to 127"):
            sock.connect(listener)
        with pytest.raises(NetworkSealedError, match="no connection to 127"):
            sock.connect_ex(listener)


def test_names_are_not_looked_up() -> None:
    with sealed(), pytest.raises(NetworkSealedError, match=r"no lookup of example\.com"):
        urllib.request.urlopen("http://example.com/")


def test_sockets_within_the_machine_work(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client, sealed():
        server.bind(path)
        server.listen()
        client.connect(path)
        accepted, _ = server.accept()
        accepted.close()


def test_the_open_account_is_sealed(listener: tuple[str, int]) -> None:
    host, port = listener
    with open_account(AT) as session:
        unknown = session.client("security-ir", region_name="us-east-1")
        with pytest.raises(NetworkSealedError, match=r"POST https://security-ir\.us-east-1\.api\.aws/"):
            unknown.list_cases()
        with pytest.raises(NetworkSealedError):
            urllib.request.urlopen(f"http://{host}:{port}/")
        with pytest.raises(NetworkSealedError), socket.socket() as sock:
            sock.connect(listener)


def test_it_is_gone_afterwards(listener: tuple[str, int]) -> None:
    with sealed():
        pass
    with socket.socket() as sock:
        sock.connect(listener)
        assert sock.getpeername() == listener


def test_it_is_gone_after_an_error(listener: tuple[str, int]) -> None:
    def fail() -> Any:
        raise ArithmeticError

    with pytest.raises(ArithmeticError), sealed():
        fail()
    with socket.create_connection(listener) as sock:
        assert sock.getpeername() == listener
