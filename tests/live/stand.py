"""A moto server behind a proxy that counts calls, adds latency and injects faults: AWS for whole processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT.parent / "shared" / "bench"
ACCOUNT_ID = "123456789012"


@dataclass(frozen=True, slots=True)
class Stand:
    """Where the stand-in answers.

    Attributes:
        upstream: the moto server.
        endpoint: the proxy before it, which is what a scan is given.
    """

    upstream: str
    endpoint: str

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of a process that takes the stand-in for AWS."""
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "not-a-secret-of-anybody",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.endpoint,
            "PYTHONPATH": str(ROOT),
            **more,
        }

    def guardrift(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run the program to its end."""
        return subprocess.run(
            command(*arguments), env=self.environment(**more), capture_output=True, text=True, check=False, timeout=600
        )

    def begin(self, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
        """Start the program, and leave it running."""
        return subprocess.Popen(
            command(*arguments), env=self.environment(**more), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def configure(self, **settings: Any) -> None:
        """Set latency, faults and replies of the proxy."""
        _post(self.endpoint + "/__config__", settings)

    def calm(self) -> None:
        """No faults."""
        self.configure(throttle_rate=0, throttle_first=0, deny=[], latency_ms=0)

    def reset(self) -> dict[str, Any]:
        """What was counted since the last reset."""
        return _post(self.endpoint + "/__reset__", {})


def command(*arguments: str) -> list[str]:
    """The command line of the program."""
    return [sys.executable, "-m", "guardrift", *arguments]


def _post(address: str, body: Mapping[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(address, json.dumps(body).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


@contextmanager
def stand_in(bench: Path = BENCH, *, proxy: Sequence[str] = ()) -> Iterator[Stand]:
    """Start the server and the proxy, and stop them.

    Args:
        bench: the folder of the proxy and of what fills the server.
        proxy: further options of the proxy.
    """
    server, front = free_port(), free_port()
    environment = {
        **os.environ,
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
        "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
    }
    moto = [sys.executable, "-m", "moto.server", "-p", str(server), "-H", "127.0.0.1"]
    overlay = ["--overlay", "--regions", "default", *proxy]
    counting = [
        sys.executable, str(bench / "count_proxy.py"), "--listen", str(front), "--upstream", f"127.0.0.1:{server}",
    ]  # fmt: skip
    with _running(moto, environment), _running([*counting, *overlay], environment):
        found = Stand(f"http://127.0.0.1:{server}", f"http://127.0.0.1:{front}")
        _wait_for(found.upstream + "/moto-api/")
        _wait_for(found.endpoint + "/__count__")
        yield found


@contextmanager
def _running(arguments: Sequence[str], environment: Mapping[str, str]) -> Iterator[None]:
    process = subprocess.Popen(
        arguments, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_for(address: str) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(address)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def seed(stand: Stand, *arguments: str, bench: Path = BENCH) -> None:
    """Fill the server with an invented account."""
    subprocess.run(
        [sys.executable, str(bench / "seed_moto.py"), "--endpoint", stand.upstream, *arguments],
        env=stand.environment(), check=True, capture_output=True, timeout=600,
    )  # fmt: skip
