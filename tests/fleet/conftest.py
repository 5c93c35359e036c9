"""An organization in a moto server, and a Dask cluster of two worker processes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

ROOT = Path(__file__).parents[2]
REGIONS = ("us-east-1", "eu-west-1")
ACCESS_KEY, SECRET_KEY = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
MEMBERS = 5


@dataclass(frozen=True, slots=True)
class MotoOrganization:
    """An organization in a moto server: each member holds a user named after its id.

    Attributes:
        environment: what a process needs to ask it.
        management: the account of these credentials.
        members: ids of the accounts in use.
        closed: the id of one that was closed.
    """

    environment: dict[str, str]
    management: str
    members: tuple[str, ...]
    closed: str

    @property
    def accounts(self) -> tuple[str, ...]:
        """Every account that is scanned."""
        return tuple(sorted((self.management, *self.members)))


@contextmanager
def running(*command: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ended afterwards."""
    process = subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_for_port(port: int) -> None:
    for _ in range(300):
        with socket.socket() as caller:
            if caller.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"nothing listens on port {port}")


@pytest.fixture(scope="session")
def moto_organization() -> Iterator[MotoOrganization]:
    port = free_port()
    script = "import sys; from moto.server import main; main(sys.argv[1:])"
    command = (sys.executable, "-c", script, "-H", "127.0.0.1", "-p", str(port))
    with running(*command, MOTO_EC2_LOAD_DEFAULT_AMIS="false"):
        wait_for_port(port)
        yield seeded(f"http://127.0.0.1:{port}")


def seeded(endpoint: str) -> MotoOrganization:
    session = boto3.Session(ACCESS_KEY, SECRET_KEY, region_name=REGIONS[0])

    def client(service: str, of: Any = session) -> Any:
        return of.client(service, endpoint_url=endpoint)

    organizations = client("organizations")
    management = organizations.create_organization(FeatureSet="ALL")["Organization"]["MasterAccountId"]
    root = organizations.list_roots()["Roots"][0]["Id"]
    workloads = organizations.create_organizational_unit(ParentId=root, Name="Workloads")["OrganizationalUnit"]["Id"]
    ids = []
    for number in range(MEMBERS + 1):
        made = organizations.create_account(Email=f"a{number}@example.com", AccountName=f"member-{number}")
        ids.append(made["CreateAccountStatus"]["AccountId"])
        if number % 2:
            organizations.move_account(AccountId=ids[-1], SourceParentId=root, DestinationParentId=workloads)
    organizations.tag_resource(ResourceId=ids[0], Tags=[{"Key": "stage", "Value": "production"}])
    organizations.close_account(AccountId=ids[-1])
    client("iam").create_user(UserName=f"only-in-{management}")
    for account_id in ids[:-1]:
        role = f"arn:aws:iam::{account_id}:role/audit"
        keys = client("sts").assume_role(RoleArn=role, RoleSessionName="seeding")["Credentials"]
        member = boto3.Session(
            keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name=REGIONS[0]
        )
        client("iam", member).create_user(UserName=f"only-in-{account_id}")
    environment = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": REGIONS[0],
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return MotoOrganization(environment, management, tuple(sorted(ids[:-1])), ids[-1])


@pytest.fixture
def organization(moto_organization: MotoOrganization, monkeypatch: pytest.MonkeyPatch) -> MotoOrganization:
    """The organization, with its credentials in the environment."""
    for name, value in moto_organization.environment.items():
        monkeypatch.setenv(name, value)
    return moto_organization


@dataclass(frozen=True, slots=True)
class DaskCluster:
    """A scheduler and its worker processes."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: tuple[subprocess.Popen[bytes], ...]


@contextmanager
def dask_cluster(folder: Path, workers: int = 2, **environment: str) -> Iterator[DaskCluster]:
    """A scheduler and workers, each in a process of its own that nobody starts again."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    dask = (sys.executable, "-m", "dask")
    place = ("--host", "127.0.0.1", "--no-dashboard")
    with running(*dask, "scheduler", "--port", str(port), *place) as scheduler:
        wait_for_port(port)
        options = ("--no-nanny", "--nthreads", "1", "--local-directory", str(folder), *place)
        started = [running(*dask, "worker", address, *options, **environment) for _ in range(workers)]
        processes = [one.__enter__() for one in started]
        try:
            yield DaskCluster(address, scheduler, tuple(processes))
        finally:
            for one in started:
                one.__exit__(None, None, None)
