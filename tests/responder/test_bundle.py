"""The bundle: built of pinned wheels, the same each time, and at work where there is nothing else."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import io
import json
import os
import platform
import re
import subprocess
import sys
import venv
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from guardrift.cli.bundling import lambda_bundle
from guardrift.lambda_bundle import (
    ARCHITECTURES,
    LARGEST_UPLOAD,
    REQUIREMENTS,
    RUNTIMES,
    Bundle,
    build_bundle,
    supported_until,
)
from policies.preparation import wish
from scanner.errors import GuardriftError, UsageError
from tests.policies.findings.samples import event, network_finding, pascal, sequence_finding
from tests.responder.stage import ACCOUNT, Json, Scene

ROOT = Path(__file__).resolve().parents[2]
AT = datetime(2026, 11, 20, tzinfo=UTC)
RUNNING = f"python{sys.version_info.major}.{sys.version_info.minor}"
MACHINE = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
SDK = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")

WORK = """
import json, os, sys
sys.path[:0] = sys.argv[1:3]
from guardrift.responder import handle
answers = []
for environment, event in json.load(sys.stdin):
    os.environ.update(environment)
    answers.append(handle(event, None))
places = sorted({(getattr(each, "__file__", None) or "") for each in list(sys.modules.values())})
json.dump({"answers": answers, "places": places}, sys.stdout)
"""

BUILD = """
import sys
from datetime import UTC, datetime
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/guardrift/_app"]
from guardrift import lambda_bundle
assert lambda_bundle.__file__.startswith(sys.argv[1])
found = lambda_bundle.build_bundle(*sys.argv[2:4], datetime(2026, 11, 20, tzinfo=UTC))
sys.stdout.buffer.write(found.content)
"""


def built(runtime: str = RUNNING, architecture: str = MACHINE, requirements: Path = REQUIREMENTS) -> Bundle:
    try:
        return build_bundle(runtime, architecture, AT, requirements)
    except GuardriftError as fault:
        if "could not be downloaded" in fault.message and not os.environ.get("GUARDRIFT_REQUIRE_ALL"):
            pytest.skip(f"no index is reached: {fault.message[:200]}")
        raise


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    if RUNNING not in RUNTIMES or MACHINE not in ARCHITECTURES or sys.platform != "linux":
        pytest.skip(f"Lambda has no runtime like {RUNNING} on {sys.platform} {MACHINE}")
    return built()


@pytest.fixture(scope="module")
def unpacked(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("task")
    zipfile.ZipFile(io.BytesIO(bundle.content)).extractall(folder)
    return folder


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with boto3, as the runtimes have it, and nothing else."""
    folder = tmp_path_factory.mktemp("sdk")
    for name in SDK:
        found = importlib.util.find_spec(name)
        assert found is not None
        assert found.origin is not None
        origin = Path(found.origin)
        place = origin.parent if origin.name == "__init__.py" else origin
        (folder / place.name).symlink_to(place)
    return folder


def samples(scene: Scene) -> list[Json]:
    """The shapes in which findings are published as examples, and those of the own account."""
    of_instance, of_user = scene.exfiltrated(), scene.of_user()
    sample = json.loads(json.dumps(scene.of_user("d0d0d0d0c1c1", type="UnauthorizedAccess:IAMUser/TorIPCaller")))
    sample["detail"]["service"]["additionalInfo"] = {"sample": True}
    sample["detail"]["resource"]["accessKeyDetails"]["accessKeyId"] = "GeneratedFindingAccessKeyId"
    return [
        of_instance,
        {**of_user, "detail": pascal(of_user["detail"])},
        sample,
        scene.exposed(),
        event({**sequence_finding(), "accountId": ACCOUNT}),
        event(network_finding()),
    ]


def test_it_works_where_there_is_nothing_else(scene: Scene, unpacked: Path, sdk: Path) -> None:
    asked = [(scene.environment(mode), sample) for mode in ("notify", "approve", "auto") for sample in samples(scene)]

    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", WORK, str(unpacked), str(sdk)],
        input=json.dumps(asked), env={"PATH": os.environ["PATH"]}, cwd="/", capture_output=True, text=True,
        check=False, timeout=300,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    did = [[plan["did"] for plan in each["plans"]] for each in told["answers"]]
    count = len(asked) // 3
    notified, approved, carried = did[:count], did[count : 2 * count], did[2 * count :]
    assert notified[:2] == [["notified"], ["notified"]]
    assert approved[:2] == [["asked"], ["asked"]]
    assert carried[:2] == [["applied"], ["applied"]]
    assert all(set(each[2]) <= {"refused", "notified"} for each in (notified, approved, carried))
    assert [each[3] for each in (notified, approved, carried)] == [["notified"], ["asked"], ["applied"]]
    assert all(each[4] for each in (notified, approved, carried))
    assert [each[5] for each in (notified, approved, carried)] == [[]] * 3
    assert len(scene.messages()) == len(asked)
    ours = (str(unpacked), str(sdk), str(Path(os.__file__).parent))
    resolved = {str(each.resolve()) for each in sdk.iterdir()}
    strangers = [each for each in told["places"] if each and not each.startswith((*ours, *resolved))]
    assert strangers == []


def test_everything_that_is_bundled_is_imported(unpacked: Path) -> None:
    tops = {path.name for path in unpacked.iterdir() if not path.name.endswith(".dist-info")}
    assert tops == {"guardrift", "msgspec", "policyuniverse"}


def test_the_same_gives_the_same_bytes(bundle: Bundle) -> None:
    assert built().content == bundle.content


def test_it_is_small_enough_to_upload(bundle: Bundle) -> None:
    assert len(bundle.content) < LARGEST_UPLOAD
    entries = zipfile.ZipFile(io.BytesIO(bundle.content)).infolist()
    assert sum(each.file_size for each in entries) == bundle.unzipped
    assert {each.date_time for each in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert all((each.external_attr >> 16) & 0o444 == 0o444 for each in entries)
    names = [each.filename for each in entries]
    assert names == sorted(names)
    assert not [each for each in names if "__pycache__" in each or each.startswith("tests/")]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_every_runtime_and_architecture_is_pinned(runtime: str, architecture: str) -> None:
    found = built(runtime, architecture)

    names = zipfile.ZipFile(io.BytesIO(found.content)).namelist()
    machine = {"x86_64": "x86_64", "arm64": "aarch64"}[architecture]
    version = RUNTIMES[runtime].replace(".", "")
    assert f"msgspec/_core.cpython-{version}-{machine}-linux-gnu.so" in names


def test_a_wheel_with_another_hash_is_refused(tmp_path: Path) -> None:
    built()
    pins = tmp_path / "requirements.txt"
    pins.write_text(re.sub(r"sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}", REQUIREMENTS.read_text()))

    with pytest.raises(GuardriftError, match="its hash differs"):
        build_bundle(RUNNING, MACHINE, AT, pins)


def test_everything_is_held_to_a_hash() -> None:
    pins = re.findall(r"^(?!#)(\S+)==(\S+) \\$", REQUIREMENTS.read_text(), re.MULTILINE)
    assert {name for name, _ in pins} == {"msgspec", "policyuniverse"}


def test_without_an_index_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")

    with pytest.raises(GuardriftError, match="could not be downloaded") as raised:
        build_bundle("python3.13", "x86_64", AT)
    assert not isinstance(raised.value, UsageError)


def test_without_pip_it_says_so(tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    for name in ("msgspec", "typing_extensions.py"):
        place = Path(importlib.util.find_spec(name.removesuffix(".py")).origin or "")  # type: ignore[union-attr]
        (tmp_path / name).symlink_to(place if name.endswith(".py") else place.parent)
    program = (
        "from datetime import datetime, UTC; from guardrift.lambda_bundle import build_bundle; "
        "build_bundle('python3.13', 'x86_64', datetime(2026, 11, 20, tzinfo=UTC))"
    )
    done = subprocess.run(
        [str(tmp_path / "venv" / "bin" / "python"), "-c", program],
        env={"PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert "has no pip" in done.stderr, done.stderr


@pytest.mark.parametrize(
    ("runtime", "architecture", "at", "said"),
    [
        ("python3.9", "x86_64", AT, "not supported"),
        ("nodejs22.x", "x86_64", AT, "not supported"),
        ("python3.13", "i386", AT, "not known"),
        ("python3.11", "x86_64", datetime(2027, 7, 1, tzinfo=UTC), "since 2027-06-30"),
    ],
)
def test_what_lambda_does_not_run_is_refused(runtime: str, architecture: str, at: datetime, said: str) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        build_bundle(runtime, architecture, at)
    assert "until" in raised.value.hint or "x86_64" in raised.value.hint


def test_a_stack_wants_no_code_that_cannot_be_built() -> None:
    assert set(wish.RUNTIMES) == set(RUNTIMES)
    assert set(wish.ARCHITECTURES) == set(ARCHITECTURES)


def test_when_support_ends_is_known_of_every_runtime() -> None:
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\d", supported_until(each)) for each in RUNTIMES)


@pytest.mark.packaging
def test_an_installed_wheel_builds_the_same(bundle: Bundle, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    site = tmp_path / "site"
    zipfile.ZipFile(next(tmp_path.glob("*.whl"))).extractall(site)
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(site), RUNNING, MACHINE],
        cwd=tmp_path, capture_output=True, check=True, timeout=300,
    )  # fmt: skip
    ours, theirs = (zipfile.ZipFile(io.BytesIO(each)).namelist() for each in (bundle.content, done.stdout))
    assert sorted(set(ours) ^ set(theirs)) == []
    assert done.stdout == bundle.content


def test_the_command_writes_it(bundle: Bundle, tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(lambda_bundle)
    output = tmp_path / "responder.zip"

    ended = CliRunner().invoke(app, ["-o", str(output), "--runtime", RUNNING, "--architecture", MACHINE])

    assert ended.exit_code == 0, ended.output
    assert output.read_bytes() == bundle.content
    digest = base64.b64encode(hashlib.sha256(bundle.content).digest()).decode()
    assert digest in ended.stdout
    assert f"until {supported_until(RUNNING)}" in ended.stderr
