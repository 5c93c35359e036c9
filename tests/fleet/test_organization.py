"""An organization from end to end: in processes of this machine, and on a Dask cluster, of which workers are killed."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import distributed
import pytest
from distributed.protocol.core import dumps

from guardrift.cli.fleet_scanning import FleetRequest, run_fleet
from guardrift.fleet.accounts import Filters
from guardrift.fleet.cluster import Cluster
from guardrift.fleet.coordinator import Coordinator
from guardrift.fleet.engines import Task
from guardrift.selection import Selection
from scanner.errors import CollectError, GuardriftError, UsageError
from scanner.fleet_report import Stage
from tests.fleet import labour
from tests.fleet.conftest import ACCESS_KEY, REGIONS, ROOT, SECRET_KEY, MotoOrganization, dask_cluster, free_port

pytestmark = pytest.mark.server

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RULES = ("iam-role-trust-foreign-account", "iam-user-admin", "trail-no-multi-region")


def request(folder: Path, **changes: Any) -> FleetRequest:
    fields: dict[str, Any] = {
        "role_name": "audit",
        "regions": REGIONS,
        "folder": folder,
        "selection": Selection(rules=RULES),
        "no_config": True,
        "workers": 2,
        "quiet": True,
        **changes,
    }
    return FleetRequest(**fields)


def on_progress(monkeypatch: pytest.MonkeyPatch, act: Callable[[Stage, int], None]) -> None:
    """Let something happen while a fleet is scanned."""
    begin = Coordinator.__init__

    def watched(self: Coordinator, *arguments: Any, **named: Any) -> None:
        begin(self, *arguments, **{**named, "on_progress": lambda stage, done, _total: act(stage, done)})

    monkeypatch.setattr(Coordinator, "__init__", watched)


def content(folder: Path) -> dict[str, Any]:
    """Everything that was written, but what says when and how it was done."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.suffix == ".json" and "about" not in name:
            found[name] = json.loads(path.read_bytes())
            if "report" in name or name == "fleet.json":
                del found[name]["run"]
        elif path.is_file():
            found[name] = None
    return found


def check(folder: Path, organization: MotoOrganization) -> None:
    """Nothing is lost and nothing is mixed up: each account holds the user that is named after it, and no other."""
    fleet = json.loads((folder / "fleet.json").read_bytes())
    assert sorted(account["account_id"] for account in fleet["accounts"]) == list(organization.accounts)
    assert fleet["failed"] == []
    for account_id in organization.accounts:
        snapshot = json.loads((folder / "accounts" / account_id / "snapshot.json").read_bytes())
        assert snapshot["account_id"] == account_id
        assert [user["name"] for user in snapshot["users"]] == [f"only-in-{account_id}"]
        assert {row["account_id"] for row in snapshot["coverage"]} <= {account_id, organization.management}
        report = json.loads((folder / "accounts" / account_id / "report.json").read_bytes())
        assert {finding["resource"]["account_id"] for finding in report["findings"]} == {account_id}


@pytest.fixture(scope="module")
def by_pool(moto_organization: MotoOrganization, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run by a pool of processes."""
    folder = tmp_path_factory.mktemp("pool") / "fleet"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in moto_organization.environment.items():
            patch.setenv(name, value)
        run_fleet(request(folder), now=NOW)
    return folder


def test_a_declared_region_that_there_is_not(
    moto_organization: MotoOrganization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistyped name would switch detection off in every account, and no account can tell it from one it has not."""
    for name, value in moto_organization.environment.items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "guardrift.toml"
    path.write_text(
        f"[[account]]\nids = ['{moto_organization.accounts[0]}']\n[account.declared]\nregions = ['eu-wset-1']\n"
    )

    with pytest.raises(UsageError, match="eu-wset-1, which is no region") as fault:
        run_fleet(request(tmp_path / "fleet", config=path, no_config=False), now=NOW)

    assert "Did you mean eu-west-1?" in str(fault.value.hint)


def test_a_pool_of_processes(by_pool: Path, organization: MotoOrganization) -> None:
    check(by_pool, organization)
    fleet = json.loads((by_pool / "fleet.json").read_bytes())

    assert [one["account_id"] for one in fleet["skipped"]] == [organization.closed]
    assert fleet["organization"]["management_account"] == organization.management
    assert fleet["run"]["engine"] == "pool"
    assert {tuple(account["place"]) for account in fleet["accounts"]} == {("Root",), ("Root", "Workloads")}
    assert "only-in-" not in (by_pool / "fleet.html").read_text()


def test_a_pool_of_which_a_process_is_killed(
    by_pool: Path, organization: MotoOrganization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[int] = []

    def kill(stage: Stage, done: int) -> None:
        if (stage, done) in {("collect", 2), ("judge", 2)}:
            process = multiprocessing.active_children()[0]
            process.kill()
            killed.append(process.pid or 0)

    on_progress(monkeypatch, kill)
    run_fleet(request(tmp_path / "fleet"), now=NOW)

    assert len(killed) == 2
    check(tmp_path / "fleet", organization)
    assert content(tmp_path / "fleet") == content(by_pool)


def test_a_dask_cluster_of_which_a_worker_is_killed(
    by_pool: Path, organization: MotoOrganization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reports are those of the pool, nothing is lost, and no credential was ever sent to the scheduler."""
    sent: list[bytes] = []
    send: Any = distributed.Client._send_to_scheduler

    def recorded(self: Any, message: Any) -> None:
        frames = dumps(message, context={"compression": None})
        sent.append(b"".join(bytes(frame) for frame in frames))
        send(self, message)

    monkeypatch.setattr(distributed.Client, "_send_to_scheduler", recorded)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "the-token-of-the-coordinator")
    environment = {**organization.environment, "AWS_SESSION_TOKEN": "the-token-of-a-worker"}
    with dask_cluster(tmp_path, 2, **environment) as cluster:

        def kill(stage: Stage, done: int) -> None:
            if (stage, done) == ("collect", 3):
                cluster.workers[0].kill()
                cluster.workers[0].wait()

        on_progress(monkeypatch, kill)
        run_fleet(request(tmp_path / "fleet", scheduler=cluster.address), now=NOW)
        assert cluster.workers[0].poll() is not None
        assert cluster.workers[1].poll() is None

    check(tmp_path / "fleet", organization)
    assert content(tmp_path / "fleet") == content(by_pool)
    graph = b"\n".join(sent)
    assert all(account_id.encode() in graph for account_id in organization.members)
    for secret in (ACCESS_KEY, SECRET_KEY, "the-token-of-the-coordinator", "the-token-of-a-worker", "ASIA", "AKIA"):
        assert secret.encode() not in graph


def test_only_the_chosen_accounts(organization: MotoOrganization, tmp_path: Path) -> None:
    filters = Filters(tags=(("stage", "production"),))
    run_fleet(request(tmp_path / "fleet", filters=filters), now=NOW)
    fleet = json.loads((tmp_path / "fleet" / "fleet.json").read_bytes())

    assert [account["name"] for account in fleet["accounts"]] == ["member-0"]
    assert fleet["summary"]["left_out"] == len(organization.members) + 1
    assert len(list((tmp_path / "fleet" / "accounts").iterdir())) == 1


def test_an_interrupted_run_goes_on(
    by_pool: Path, organization: MotoOrganization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "fleet"
    with monkeypatch.context() as patch:

        def interrupt(_: Stage, done: int) -> None:
            if done == 4:
                raise KeyboardInterrupt

        on_progress(patch, interrupt)
        with pytest.raises(KeyboardInterrupt):
            run_fleet(request(folder), now=NOW)
    run_fleet(request(folder, resume=True), now=NOW + timedelta(minutes=5))
    resumed = json.loads((folder / "fleet.json").read_bytes())["run"]["resumed"]

    assert 3 <= len(resumed) < len(organization.accounts)
    check(folder, organization)
    assert content(folder).keys() == content(by_pool).keys()


def test_the_program_is_interrupted_and_goes_on(organization: MotoOrganization, tmp_path: Path) -> None:
    folder = tmp_path / "fleet"
    arguments = ["scan", "--organization", "--role-name", "audit", "--fleet-dir", str(folder), "--no-config"]
    arguments += [part for rule in RULES for part in ("--rule", rule)]
    arguments += [part for region in REGIONS for part in ("--region", region)]
    command = [sys.executable, "-m", "guardrift", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that runs the tests in the background has them ignore interrupts, and what they start too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while len(list(folder.glob("accounts/*/collected.json"))) < 2:
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=120)

    assert (process.returncode, out) == (130, "")
    assert "the same command with --resume goes on from there" in said
    assert "Traceback" not in said

    done = subprocess.run([*command, "--resume"], env=environment, capture_output=True, text=True, check=False)

    assert done.returncode in {1, 3}, done.stderr
    assert "Organization o-" in done.stdout
    assert "from an earlier run" in done.stdout
    check(folder, organization)


@pytest.mark.parametrize(
    ("address", "kind", "said"),
    [
        ("nonsense", UsageError, "--scheduler: missing port number"),
        ("smoke://host:1", UsageError, "unknown address scheme"),
        (f"tcp://127.0.0.1:{free_port()}", CollectError, "cannot be reached"),
    ],
    ids=["no address", "no scheme", "nobody there"],
)
def test_a_scheduler_that_is_not_there(address: str, kind: type[GuardriftError], said: str) -> None:
    began = time.monotonic()

    with pytest.raises(kind, match=said):
        Cluster(address, patience=1)
    assert time.monotonic() - began < 25, "Dask itself waits for 30 seconds"


def test_a_scheduler_that_accepts_and_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"

        with pytest.raises(CollectError, match="cannot be reached"):
            Cluster(address, patience=1)


def test_a_scheduler_that_freezes(tmp_path: Path) -> None:
    with dask_cluster(tmp_path, 1) as cluster:
        workers = Cluster(cluster.address, patience=2, heartbeat=0.5)
        answers = workers.run(labour.sleeps_over_files, iter([Task("a", lambda: "a"), Task("b", lambda: "/x/y")]))
        assert next(answers).answer == "a"
        cluster.scheduler.send_signal(signal.SIGSTOP)
        try:
            with pytest.raises(CollectError, match="was lost"):
                list(answers)
        finally:
            cluster.scheduler.send_signal(signal.SIGCONT)
            workers.close()


def test_a_scheduler_without_workers(tmp_path: Path) -> None:
    with dask_cluster(tmp_path, 0) as cluster, pytest.raises(CollectError, match="has no workers"):
        Cluster(cluster.address, patience=1)


def test_a_cluster_whose_last_worker_is_lost(tmp_path: Path) -> None:
    with dask_cluster(tmp_path, 1) as cluster, Cluster(cluster.address, lonely=1, heartbeat=0.5) as workers:
        file = tmp_path / "pid"
        answers = workers.run(labour.sleeps_over_files, iter([Task("a", lambda: "a"), Task("b", lambda: str(file))]))
        assert next(answers).answer == "a"
        cluster.workers[0].kill()
        with pytest.raises(CollectError, match="no workers any more"):
            next(answers)


def test_a_scheduler_that_goes_away(tmp_path: Path) -> None:
    with dask_cluster(tmp_path, 1) as cluster:
        workers = Cluster(cluster.address, patience=8, heartbeat=0.5)
        answers = workers.run(labour.sleeps_over_files, iter([Task("a", lambda: "a"), Task("b", lambda: "/x/y")]))
        assert next(answers).answer == "a"
    with pytest.raises(CollectError, match="was lost"):
        list(answers)
    workers.close()


def test_work_that_kills_every_worker_is_given_up(tmp_path: Path) -> None:
    with dask_cluster(tmp_path, 5) as cluster, Cluster(cluster.address) as workers:
        found = {
            one.account_id: one
            for one in workers.run(
                labour.dies_for_bad, iter([Task("bad", lambda: "bad"), *(Task(n, lambda: "good") for n in "abc")])
            )
        }

    assert {name: found[name].answer for name in "abc"} == dict.fromkeys("abc", "good")
    assert "lost again and again" in found["bad"].failure


def test_without_dask_the_option_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)

    with pytest.raises(UsageError, match="--scheduler needs Dask") as caught:
        Cluster("tcp://127.0.0.1:1")
    assert "guardrift[fleet]" in caught.value.hint
