"""Measure a scan of many accounts: how its time falls with the number of workers, and what it keeps in memory.

usage: fleet.py PROXY [--accounts 20 60] [--workers 1 2] [--engine pool dask] [--kill] [--latency-ms 50]

PROXY is count_proxy.py, which stands before a moto server and answers what that lacks. An organization is made in it: a
management account, a log archive with the bucket of the organization's trail, and members, each with a user named after
its id, each of 17 regions. The proxy remembers answers, so that a first run, which is not measured, spares the server.

Every run is verified: each snapshot holds the user that is named after its account and no other, the organization as
the management account knows it, and the bucket as the log archive knows it. All runs over the same accounts must give
the same reports; with ``--kill`` each run with several workers is done once more, and one of them is killed then.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

HOME = "us-east-1"
BUCKET = "trail-files-of-the-organization"
KEYS = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
REFUSED = {
    "__type": "AccessDeniedException",
    "message": "You don't have permissions to access this resource.",
    "status": 400,
}
FOR_THE_FEW = (
    "ListRoots", "ListAccounts", "ListPolicies", "ListDelegatedAdministrators", "ListAWSServiceAccessForOrganization",
    "DescribeResourcePolicy",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Made:
    """The organization: the address to ask, and the accounts in the order in which they were made."""

    endpoint: str
    management: str
    archive: str
    members: tuple[str, ...]

    def chosen(self, number: int) -> tuple[str, ...]:
        """That many accounts."""
        return (self.management, self.archive, *self.members)[:number]

    def environment(self) -> dict[str, str]:
        """What a process needs to ask it."""
        bare = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return {
            **bare,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEYS[0],
            "AWS_SECRET_ACCESS_KEY": KEYS[1],
            "AWS_DEFAULT_REGION": HOME,
            "AWS_EC2_METADATA_DISABLED": "true",
            "PYTHONPATH": str(ROOT),
        }


@contextmanager
def running(command: Sequence[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ended afterwards."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(port: int) -> None:
    """Wait until something listens on a port."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with socket.socket() as caller:
            if caller.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(f"nothing listens on port {port}")


def post(address: str, body: dict[str, Any]) -> dict[str, Any]:
    """Talk to the proxy itself."""
    request = urllib.request.Request(address, json.dumps(body).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=60) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


@contextmanager
def made(proxy: Path, accounts: int) -> Iterator[Made]:
    """The organization, for as long as it is needed."""
    server, front = free_port(), free_port()
    environment = {**os.environ, "MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}
    moto = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(server)]
    counting = [
        sys.executable, str(proxy), "--listen", str(front), "--upstream", f"127.0.0.1:{server}", "--cache",
        "--overlay", "--regions", "default",
    ]  # fmt: skip
    with running(moto, environment), running(counting, environment):
        wait_for(server)
        wait_for(front)
        endpoint = f"http://127.0.0.1:{front}"
        found = seeded(endpoint, accounts)
        post(f"{endpoint}/__config__", {"overlay": replies(found)})
        yield found


def seeded(endpoint: str, accounts: int) -> Made:
    """Make the accounts, each with its user."""
    import boto3
    from botocore.config import Config

    config = Config(s3={"addressing_style": "path"})

    def client(service: str, keys: Sequence[str] = KEYS) -> Any:
        return boto3.Session(*keys, region_name=HOME).client(service, endpoint_url=endpoint, config=config)

    organizations, sts = client("organizations"), client("sts")
    management = organizations.create_organization(FeatureSet="ALL")["Organization"]["MasterAccountId"]
    client("iam").create_user(UserName=f"only-in-{management}")
    ids = []
    for number in range(accounts - 1):
        name = "log-archive" if number == 0 else f"workload-{number}"
        status = organizations.create_account(Email=f"{name}@example.com", AccountName=name)["CreateAccountStatus"]
        ids.append(status["AccountId"])
        role = f"arn:aws:iam::{ids[-1]}:role/audit"
        given = sts.assume_role(RoleArn=role, RoleSessionName="seeding")["Credentials"]
        keys = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        client("iam", keys).create_user(UserName=f"only-in-{ids[-1]}")
        if number == 0:
            client("s3", keys).create_bucket(Bucket=BUCKET)
            client("s3").create_bucket(Bucket="of-moto-alone")
    cloudtrail = client("cloudtrail")
    # The server knows buckets of the trail's own account only; what it answers about the trail is replaced.
    cloudtrail.create_trail(Name="all", S3BucketName="of-moto-alone", IsMultiRegionTrail=True)
    cloudtrail.start_logging(Name="all")
    return Made(endpoint, management, ids[0], tuple(ids[1:]))


def replies(found: Made) -> dict[str, Any]:
    """What AWS answers otherwise than moto: members know nothing of the organization, and see its trail."""
    trail = {
        "Name": "all", "S3BucketName": BUCKET, "IncludeGlobalServiceEvents": True, "IsMultiRegionTrail": True,
        "HomeRegion": HOME, "TrailARN": f"arn:aws:cloudtrail:{HOME}:{found.management}:trail/all",
        "LogFileValidationEnabled": True, "HasCustomEventSelectors": False, "IsOrganizationTrail": True,
    }  # fmt: skip
    foreign = {"__type": "TrailNotFoundException", "message": "not in this account", "status": 400}
    answers: dict[str, Any] = {"cloudtrail:DescribeTrails": {"trailList": [trail]}}
    for account_id in (found.archive, *found.members):
        answers |= {f"organizations:{operation}#{account_id}": REFUSED for operation in FOR_THE_FEW}
        answers[f"iam:ListOrganizationsFeatures#{account_id}"] = {
            "__type": "AccountNotManagementOrDelegatedAdministratorException", "message": "no", "status": 400,
        }  # fmt: skip
        for operation in ("GetTrailStatus", "GetEventSelectors", "GetInsightSelectors"):
            answers[f"cloudtrail:{operation}#{account_id}"] = foreign
    return answers


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run took, in seconds and MiB, and the digest of everything that it said."""

    seconds: float
    peak: float
    calls: int
    digest: str


def measured(found: Made, engine: str, workers: int, number: int, *, kill: bool) -> Outcome:
    """Scan that many accounts in a process of its own, and verify what it wrote."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        order: dict[str, Any] = {
            "folder": str(folder / "fleet"), "accounts": found.chosen(number), "workers": workers, "kill": kill,
        }  # fmt: skip
        killed: subprocess.Popen[bytes] | None = None
        if engine == "dask":
            order["scheduler"], killed = cluster(stack, found, workers, folder)
        post(f"{found.endpoint}/__reset__", {})
        if kill and killed is not None:
            after_some(folder / "fleet", number, killed.kill)
        done = subprocess.run(
            [sys.executable, __file__, "--one", json.dumps(order)],
            env=found.environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(done.stderr)
        said = json.loads(done.stdout.splitlines()[-1])
        calls = post(f"{found.endpoint}/__reset__", {})["total"]
        return Outcome(said["seconds"], said["peak"], calls, verified(folder / "fleet", found, number))


def after_some(folder: Path, number: int, act: Callable[[], None]) -> None:
    """Do something when a third of the accounts have been read."""

    def watch() -> None:
        while len(list(folder.glob("accounts/*/collected.json"))) < number / 3:
            time.sleep(0.2)
        act()

    threading.Thread(target=watch, daemon=True).start()


def cluster(stack: ExitStack, found: Made, workers: int, folder: Path) -> tuple[str, subprocess.Popen[bytes]]:
    """Start a scheduler and workers; returns its address, and one worker."""
    port = free_port()
    dask, place = [sys.executable, "-m", "dask"], ["--host", "127.0.0.1", "--no-dashboard"]
    stack.enter_context(running([*dask, "scheduler", "--port", str(port), *place], found.environment()))
    wait_for(port)
    address = f"tcp://127.0.0.1:{port}"
    options = ["--no-nanny", "--nthreads", "1", "--local-directory", str(folder), *place]
    begun = [
        stack.enter_context(running([*dask, "worker", address, *options], found.environment())) for _ in range(workers)
    ]
    time.sleep(5)
    return address, begun[0]


def one(order: dict[str, Any]) -> None:
    """One scan; prints what it took."""
    import multiprocessing
    from datetime import UTC, datetime

    from guardrift.cli.fleet_scanning import FleetRequest, run_fleet
    from guardrift.fleet.accounts import Filters

    def kill_one() -> None:
        multiprocessing.active_children()[0].kill()

    began = time.perf_counter()
    scheduler = order.get("scheduler")
    if order["kill"] and scheduler is None:
        after_some(Path(order["folder"]), len(order["accounts"]), kill_one)
    run_fleet(
        FleetRequest(
            role_name="audit",
            filters=Filters(only=tuple(order["accounts"])),
            folder=Path(order["folder"]),
            workers=order["workers"],
            scheduler=scheduler,
            no_config=True,
            quiet=True,
        ),
        now=datetime(2026, 11, 20, 12, tzinfo=UTC),
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": time.perf_counter() - began, "peak": peak}))


def verified(folder: Path, found: Made, number: int) -> str:
    """Check that nothing was lost or mixed up; the digest of all that was said."""
    fleet = json.loads((folder / "fleet.json").read_bytes())
    chosen = found.chosen(number)
    assert fleet["failed"] == [], fleet["failed"]
    assert sorted(account["account_id"] for account in fleet["accounts"]) == sorted(chosen)
    del fleet["run"]
    digest = hashlib.sha256(json.dumps(fleet, sort_keys=True).encode())
    for account_id in sorted(chosen):
        place = folder / "accounts" / account_id
        snapshot = json.loads((place / "snapshot.json").read_bytes())
        assert snapshot["account_id"] == account_id
        assert [user["name"] for user in snapshot["users"]] == [f"only-in-{account_id}"]
        assert len([region for region in snapshot["regions"] if isinstance(region.get("trails"), list)]) == 17
        assert [bucket["account_id"] for bucket in snapshot["log_buckets"]] == [found.archive]
        if account_id != found.management:
            assert snapshot["organization"]["read_in"] == found.management
        report = json.loads((place / "report.json").read_bytes())
        del report["run"]
        digest.update(json.dumps(report, sort_keys=True).encode())
    return digest.hexdigest()[:12]


def main() -> None:
    """Print the scaling table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("proxy", type=Path, nargs="?")
    parser.add_argument("--accounts", type=int, nargs="+", default=[20, 60])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--engine", nargs="+", choices=["pool", "dask"], default=["pool", "dask"])
    parser.add_argument("--kill", action="store_true", help="kill a worker in the middle of every run with several")
    parser.add_argument("--latency-ms", type=float, default=50)
    parser.add_argument("--one", type=json.loads, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        one(arguments.one)
        return
    most = max(arguments.accounts)
    with made(arguments.proxy, most) as found:
        measured(found, "pool", max(arguments.workers), most, kill=False)
        post(f"{found.endpoint}/__config__", {"latency_ms": arguments.latency_ms})
        print("engine  workers  accounts  seconds  s/account   calls  peak MiB  digest")
        digests: dict[int, set[str]] = {number: set() for number in arguments.accounts}
        for engine, number, workers in product(arguments.engine, arguments.accounts, arguments.workers):
            for kill in (False, True) if arguments.kill and workers > 1 else (False,):
                got = measured(found, engine, workers, number, kill=kill)
                digests[number].add(got.digest)
                print(
                    f"{engine:6}  {workers:7}  {number:8}  {got.seconds:7.1f}  {got.seconds / number:9.2f}  "
                    f"{got.calls:6}  {got.peak:8.0f}  {got.digest}{'  one killed' if kill else ''}",
                    flush=True,
                )
        assert all(len(found) == 1 for found in digests.values()), "the reports differ"


if __name__ == "__main__":
    main()
