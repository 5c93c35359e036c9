"""The program as a process: signals, pipes, encodings and streams that are not a terminal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-m", "guardrift"]

IDENTITY = b"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::111122223333:user/ann</Arn><UserId>AIDA</UserId><Account>111122223333</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>"""
REGIONS = b"""<DescribeRegionsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><regionInfo><item>
<regionName>eu-west-1</regionName><optInStatus>opt-in-not-required</optInStatus></item></regionInfo>
</DescribeRegionsResponse>"""


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


@pytest.fixture
def silent_aws() -> Iterator[tuple[str, list[str], threading.Semaphore]]:
    """An AWS that says who asks and which regions there are, and never answers anything else.

    Its address, the actions that it answers (an empty list is none), and a semaphore released by each that hangs.
    """
    answered = ["GetCallerIdentity", "DescribeRegions"]
    hanging, over = threading.Semaphore(0), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            for action, content in (("GetCallerIdentity", IDENTITY), ("DescribeRegions", REGIONS)):
                if f"Action={action}&" in body + "&" and action in answered:
                    self.send_response(200)
                    self.send_header("Content-Type", "text/xml")
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)
                    return
            self._hang()

        def do_GET(self) -> None:
            self._hang()

        def _hang(self) -> None:
            hanging.release()
            over.wait(30)
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name is that of the base class)
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", answered, hanging
    over.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("answered", [[], ["GetCallerIdentity", "DescribeRegions"]], ids=["at once", "in mid-scan"])
def test_an_interrupt_ends_at_once(
    silent_aws: tuple[str, list[str], threading.Semaphore], work: Path, answered: list[str]
) -> None:
    address, answers, hanging = silent_aws
    answers[:] = answered
    process = subprocess.Popen(
        [*PROGRAM, "scan", "-o", "report.json", "--save-snapshot", "snapshot.json"],
        cwd=work,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that runs the tests in the background has them ignore interrupts, and what they start too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        env=environment(
            AWS_ENDPOINT_URL=address,
            AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE",
            AWS_SECRET_ACCESS_KEY="not-a-secret",
            AWS_DEFAULT_REGION="eu-west-1",
        ),
    )
    try:
        assert hanging.acquire(timeout=60)
        if answered:
            assert hanging.acquire(timeout=60)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()

    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err
    assert {path.name for path in work.iterdir()} == {".git", *(["snapshot.json.partial"] if answered else [])}
    assert ("--resume" in err) == bool(answered)


@pytest.mark.parametrize(
    "arguments",
    [["rules", "list"], ["schema", "snapshot"], ["scan", "--snapshot", "faulty.json", "-o", "-", "-q"], ["--help"]],
    ids=" ".join,
)
def test_a_reader_that_goes_away(faulty: Path, work: Path, arguments: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)

    done = subprocess.run(
        [*PROGRAM, *arguments],
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        cwd=work,
        env=environment(),
        check=False,
    )
    os.close(write)

    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
    assert "Broken" not in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_any_encoding_of_the_streams(faulty: Path, work: Path, encoding: str) -> None:
    faulty.write_text(faulty.read_text().replace("root-like", "r\u00f6\u00f6t-\u65e5\u672c"), encoding="utf-8")

    snapshot = ["--snapshot", "faulty.json"]
    for arguments in (
        ["scan", *snapshot],
        ["scan", *snapshot, "-q", "-o", "-"],
    ):
        done = subprocess.run(
            [*PROGRAM, *arguments],
            capture_output=True,
            cwd=work,
            env=environment(PYTHONIOENCODING=encoding),
            check=False,
        )
        assert done.returncode in {1, 2}, done.stderr
        assert b"defect" not in done.stderr
    assert "r\u00f6\u00f6t-\u65e5\u672c" in {
        finding["resource"]["name"] for finding in json.loads(done.stdout)["findings"]
    }


def test_the_snapshot_comes_from_standard_input(faulty: Path, work: Path) -> None:
    done = subprocess.run(
        [*PROGRAM, "scan", "--snapshot", "-", "-q"],
        input=faulty.read_bytes(),
        capture_output=True,
        cwd=work,
        env=environment(),
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")


def test_standard_streams_that_are_closed(faulty: Path, work: Path) -> None:
    command = f"{sys.executable} -m guardrift scan --snapshot faulty.json -q -o report.json <&- >&-"

    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, cwd=work, env=environment(), check=False
    )

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert json.loads((work / "report.json").read_text())["findings"]


def test_the_exit_code_is_that_of_the_process(faulty: Path, details: Path, work: Path) -> None:
    codes = [
        subprocess.run(
            [*PROGRAM, "scan", "--snapshot", path, "-q"], cwd=work, env=environment(), check=False
        ).returncode
        for path in (faulty, details)
    ]

    assert codes == [1, 3]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
@pytest.mark.parametrize("arguments", [("rules", "list"), ("schema", "report"), ("--version",)])
def test_a_full_disk_behind_stdout_is_said_and_is_no_defect(arguments: tuple[str, ...], tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [*PROGRAM, *arguments], env=environment(), cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True,
            check=False, timeout=60,
        )  # fmt: skip

    assert ended.returncode == 2
    assert "error: the output cannot be written: No space left on device" in ended.stderr
    assert "defect" not in ended.stderr
    assert "Exception ignored" not in ended.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
def test_a_full_disk_behind_stderr_leaves_the_exit_code_as_it_is(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [*PROGRAM, "rules", "show", "no-such-rule"], env=environment(), cwd=tmp_path, stderr=full, check=False,
            timeout=60,
        )  # fmt: skip

    assert ended.returncode == 2
