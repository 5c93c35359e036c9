"""The templates from the command line: what is missing is said, what has no meaning is refused, nothing is changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guardrift.cli.template_lists import ALL
from policies import PLACEHOLDER
from policies.automation import STACKS
from policies.documents import DOCUMENTS
from tests.accounts import FOREIGN, OWN
from tests.cli.conftest import Run
from tests.collect.faulty import iam_arn
from tests.policies.documents.samples import EXISTING, INSTANCE, PERSON

SERVICE_LINKED = "AWSServiceRoleForConfig"
OPTIONS: dict[str, list[str]] = {
    "revoke-sessions": ["--role", "web-server"],
    "revoke-session": ["--role", "web-server", "--session", "i-0123456789abcdef0"],
    "isolate-session": ["--role", "web-server", "--session", "i-0123456789abcdef0"],
    "revoke-instance": ["--role", "web-server", "--instance", INSTANCE],
    "quarantine-user": ["--user", "ann"],
    "revoke-user-sessions": ["--user", "ann"],
    "require-user-mfa": ["--user", "ann"],
    "deny-all-boundary": ["--user", "ann"],
    "freeze-trust": ["--role", "web-server"],
    "scp-contain-principals": ["--principal", iam_arn("role/web-server"), "--principal", iam_arn("user/ann")],
    "scp-revoke-principals": ["--principal", iam_arn("role/web-server")],
    "scp-contain-source-identity": ["--source-identity", "ann@example.com"],
    "scp-contain-person": ["--user-id", PERSON],
    "permission-set-revoke-person": ["--user-id", PERSON, "--existing", "existing.json"],
    "rcp-contain-account": ["--account-id", FOREIGN],
    "bind-instance-credentials": ["--cidr", "198.51.100.0/24"],
    "imdsv2": ["--response-role", "responder"],
    "refuse-imdsv1": [],
    "imdsv2-defaults": [],
    "protect-quarantine": ["--deployer", "arn:aws:iam::*:role/deployment"],
}
OF_ACCOUNTS = {name for name, options in OPTIONS.items() if {"--role", "--user"} & set(options)}


def arguments(name: str, snapshot: Path) -> list[str]:
    Path("existing.json").write_text(EXISTING)
    return [name, *OPTIONS[name], *(["--snapshot", str(snapshot)] if name in OF_ACCOUNTS else [])]


def test_list(run: Run) -> None:
    ended = run("policies", "list")

    assert (ended.code, ended.err) == (0, "")
    lines = [line.split()[0] for line in ended.out.splitlines() if line.startswith("  ")]
    assert lines == [each.name for each in ALL]
    contain, before = ended.out.split("To have before")
    assert "revoke-sessions" in contain
    assert "protect-quarantine" in before
    found = json.loads(run("policies", "list", "--format", "json").out)
    assert [each["name"] for each in found] == lines
    assert {each["when"] for each in found} == {"contain now", "to have before"}


@pytest.mark.parametrize("template", ALL, ids=lambda template: template.name)
def test_show(run: Run, template: object) -> None:
    name = template.name  # type: ignore[attr-defined]
    ended = run("policies", "show", name)

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(name)
    assert "Keep it: " in ended.out
    assert "Breaks: " in ended.out
    found = json.loads(run("policies", "show", name, "--format", "json").out)
    assert found["name"] == name
    assert (found["document"] is None) == (template in STACKS)


@pytest.mark.parametrize("name", OPTIONS)
def test_render(run: Run, clean: Path, name: str) -> None:
    words = arguments(name, clean)

    text, as_json = run("policies", "render", *words), run("policies", "render", *words, "--format", "json")

    assert (text.code, text.err) == (as_json.code, as_json.err) == (0, "")
    found = json.loads(as_json.out)
    documents = [each["document"] for each in found.get("documents", [found])]
    assert documents
    assert all(json.loads(document) and document in text.out for document in documents)


@pytest.mark.parametrize("name", sorted(set(OPTIONS) - {"revoke-sessions", "quarantine-user"}))
def test_render_into_a_folder(run: Run, clean: Path, work: Path, name: str) -> None:
    ended = run("policies", "render", *arguments(name, clean), "-o", "out")

    template = next(each for each in DOCUMENTS if each.name == name)
    assert (ended.code, ended.out) == (0, "")
    assert json.loads((work / "out" / template.file).read_text())
    saved = sorted(path.name for path in (work / "out").iterdir() if path.name.startswith("saved-"))
    assert len(saved) == (template.layer in ("trust", "boundary", "permission set"))


@pytest.mark.parametrize("name", [name for name, options in OPTIONS.items() if options and name != "imdsv2"])
def test_what_is_missing_is_named(run: Run, clean: Path, name: str) -> None:
    if name == "protect-quarantine":
        return
    ended = run("policies", "render", name)

    assert (ended.code, ended.out) == (2, "")
    assert "needs --" in ended.err or "Give either --role NAME or --user NAME" in ended.err


@pytest.mark.parametrize("name", OPTIONS)
def test_what_has_no_meaning_is_refused(run: Run, clean: Path, name: str) -> None:
    words = arguments(name, clean)
    superfluous = (
        ["--source-identity", "x1"] if name != "scp-contain-source-identity" else ["--cidr", "198.51.100.0/24"]
    )

    ended = run("policies", "render", *words, *superfluous)

    assert (ended.code, ended.out) == (2, "")
    assert f"{superfluous[0]} has no meaning for {name}" in ended.err
    assert run("policies", "render", *words, "--terraform").code == 2


def test_the_cutoff(run: Run, clean: Path) -> None:
    words = ("policies", "render", *arguments("scp-revoke-principals", clean))

    assert PLACEHOLDER in run(*words).out
    dated = run(*words, "--cutoff", "2026-11-20T23:00:00Z").out
    assert "2026-11-20T23:00:00Z" in dated
    assert PLACEHOLDER not in dated
    assert run(*words, "--cutoff", "yesterday").code == 2
    timeless = run("policies", "render", *arguments("freeze-trust", clean), "--cutoff", "now")
    assert (timeless.code, timeless.out) == (2, "")
    assert "--cutoff has no meaning for freeze-trust" in timeless.err


@pytest.mark.parametrize("name", ["freeze-trust", "deny-all-boundary", "revoke-session", "revoke-instance"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_service_linked_role(run: Run, clean: Path, name: str, form: str) -> None:
    more = [word for word in OPTIONS[name] if word not in ("--role", "web-server", "--user", "ann")]
    ended = run(
        "policies", "render", name, "--role", SERVICE_LINKED, *more, "--snapshot", clean, "--format", form
    )  # fmt: skip

    assert ended.code == 1
    assert "cannot be edited" in ended.out


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["scp-contain-principals", "--principal", "arn:aws:iam::111122223333:role/*"], "no ARN of a role"),
        (["rcp-contain-account", "--account-id", "*"], "no account id"),
        (["rcp-contain-account", "--account-id", OWN, "--account", OWN], "your own account"),
        (["bind-instance-credentials", "--cidr", "0.0.0.0/0"], "too wide"),
        (["imdsv2", "--snapshot", "x.json"], "--snapshot has no meaning"),
        (["imdsv2", "--partition", "aws:x"], "no partition"),
        (["permission-set-revoke-person", "--user-id", PERSON, "--existing", "nowhere"], "cannot be read"),
        (["response-role", "--principal", "*", "--terraform"], "neither an account id"),
        (["response-role", "--cloudformation", "--terraform"], "exclude each other"),
        (["response-role", "--cutoff", "now"], "--cutoff has no meaning"),
        (["preparation-logs"], "made by a stack"),
        (["nothing"], "no template 'nothing'"),
    ],
    ids=lambda each: each[0] if isinstance(each, list) else None,
)  # fmt: skip
def test_what_is_wrong_is_said(run: Run, words: list[str], fault: str) -> None:
    ended = run("policies", "render", *words)

    assert (ended.code, ended.out) == (2, "")
    assert fault in ended.err


def test_an_instance_that_was_not_read(run: Run, clean: Path) -> None:
    words = ("policies", "render", "revoke-instance", "--role", "web-server", "--snapshot", clean)

    ended = run(*words, "--instance", "i-0fffffffffffffff0")

    assert ended.code == 2
    assert "Give its ARN" in ended.err


def test_a_session_whose_name_somebody_chose(run: Run, clean: Path) -> None:
    words = ("policies", "render", "revoke-session", "--role", "web-server", "--snapshot", clean)

    ended = run(*words, "--session", "ann@example.com")

    assert ended.code == 0
    assert "a thief takes another one" in ended.err


@pytest.mark.parametrize("content", ["", '{"InlinePolicy": ""}', "{}\n"])
def test_a_permission_set_without_a_policy(run: Run, work: Path, content: str) -> None:
    (work / "existing.json").write_text(content)
    words = ("policies", "render", "permission-set-revoke-person", "--user-id", PERSON, "--existing", "existing.json")

    ended = run(*words, "--format", "json")

    if content == "{}\n":
        assert ended.code == 2
    else:
        assert ended.code == 0
        assert len(json.loads(json.loads(ended.out)["documents"][0]["document"])["Statement"]) == 1


def test_a_permission_set_as_the_aws_cli_prints_it(run: Run, work: Path) -> None:
    (work / "existing.json").write_text(json.dumps({"InlinePolicy": EXISTING}))

    ended = run(
        "policies", "render", "permission-set-revoke-person", "--user-id", PERSON, "--existing", "existing.json",
        "--format", "json",
    )  # fmt: skip

    (written,) = json.loads(ended.out)["documents"]
    assert written["previous"] == EXISTING
    assert len(json.loads(written["document"])["Statement"]) == 2


def test_many_principals_are_many_files(run: Run, work: Path) -> None:
    principals = [word for number in range(140) for word in ("--principal", iam_arn(f"role/app-{number:03}"))]

    ended = run("policies", "render", "scp-contain-principals", *principals, "-o", "out")

    assert ended.code == 0
    assert sorted(path.name for path in (work / "out").iterdir()) == [
        "scp-contain-principals-1.json", "scp-contain-principals-2.json",
    ]  # fmt: skip


@pytest.mark.parametrize("template", STACKS, ids=lambda template: template.name)
@pytest.mark.parametrize("form", ["--cloudformation", "--terraform"])
def test_stacks(run: Run, work: Path, template: object, form: str) -> None:
    name = template.name  # type: ignore[attr-defined]
    ended = run("policies", "render", name, form)

    assert (ended.code, ended.err) == (0, "")
    assert json.loads(ended.out)
    written = run("policies", "render", name, form, "-o", "out")
    assert written.code == 0
    assert [path.name for path in (work / "out").iterdir()] == [
        f"{name}.tf.json" if form == "--terraform" else f"{name}.json"
    ]
