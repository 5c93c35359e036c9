"""A finding points at the line of its entry in the committed baseline."""

from __future__ import annotations

import json
from datetime import date

import msgspec

from reports import Beside, encoded
from reports.baseline_places import in_baseline
from reports.places import Place
from scanner.baseline import Baseline, Terms, accept, normal_form, versions, written
from scanner.findings import Finding
from tests.accounts import account, policy
from tests.reports import sample
from tests.reports.sarif_form import check_github, check_sarif

TRUST = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
FINDINGS = sample.report().findings
FOLDER = f"guardrift-baseline/{sample.ACCOUNT}"


def baseline(*accepted: Finding) -> Baseline:
    """Of an account with two roles."""
    names = ("deploy", "web")
    roles = [
        {
            "name": name,
            "arn": f"arn:aws:iam::{sample.ACCOUNT}:role/{name}",
            "id": f"AROA{number}",
            "path": "/",
            "trust": TRUST,
            "created": "2026-01-01T00:00:00Z",
        }
        for number, name in enumerate(names)
    ]
    terms = Terms(reason="Known.", owner="web", today=date(2026, 11, 20), expires=date(2027, 1, 1))
    return Baseline(
        state=normal_form(account({"roles": roles})), accepted=accept(accepted, terms), versions=versions(("x",))
    )


def about(name: str) -> Finding:
    resource = msgspec.structs.replace(FINDINGS[0].resource, arn=f"arn:aws:iam::{sample.ACCOUNT}:role/{name}")
    return msgspec.structs.replace(FINDINGS[0], resource=resource, fingerprint=name)


def text_at(files: dict[str, bytes], place: Place | None) -> str:
    assert place is not None
    assert place.file.startswith(f"{FOLDER}/")
    return files[place.file.removeprefix(f"{FOLDER}/")].decode().split("\n")[place.line - 1]


def test_the_line_is_that_of_the_entry() -> None:
    found = baseline(FINDINGS[3], FINDINGS[1])
    files = written(found)
    place_of = in_baseline(found, files, FOLDER)

    for name in ("deploy", "web"):
        assert f"role/{name}" in text_at(files, place_of(about(name)))
    for finding in (FINDINGS[1], FINDINGS[3]):
        assert f'"fingerprint": "{finding.fingerprint}"' in text_at(files, place_of(finding))
    assert place_of(about("gone")) == Place(f"{FOLDER}/account.json", 1)


def test_sarif_and_annotations_point_there() -> None:
    found = baseline()
    report = sample.assemble((about("web"),), ())
    beside = Beside(place_of=in_baseline(found, written(found), FOLDER))
    place = in_baseline(found, written(found), FOLDER)(about("web"))
    assert place is not None
    assert place.line > 1

    (sarif,), (annotations,) = (encoded(suffix, report, beside) for suffix in (".sarif", ".github"))

    document = json.loads(sarif)
    check_sarif(document)
    check_github(sarif.decode(), document)
    physical = document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == place.file
    assert physical["region"]["startLine"] == place.line
    assert f"::error file={place.file},line={place.line},title=" in annotations.decode()
