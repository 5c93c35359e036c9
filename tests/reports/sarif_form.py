"""What SARIF 2.1.0 and GitHub's code scanning demand of the parts that guardrift writes.

The official schema is not at hand where the tests run. ``PARTS`` says of each object that is written which properties
of that schema it may have and of what type they are; an unknown property is an error in both.
"""

from __future__ import annotations

import gzip
import json
import re
from typing import Any

import jsonschema

from reports import sarif_report
from scanner.report import Report


def _object(required: str = "", **properties: object) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": required.split(),
        "properties": properties | {"properties": {"$ref": "#/$defs/bag"}},
    }


def _part(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name}"}


def _list(item: object, *, unique: bool = False) -> dict[str, Any]:
    return {"type": "array", "items": item, "uniqueItems": unique}


_TEXT = {"type": "string"}
_NUMBER = {"type": "integer"}
_COUNT = {"type": "integer", "minimum": 1}
_INDEX = {"type": "integer", "minimum": -1}
_MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}
_URI = {"type": "string", "pattern": r"^https://[A-Za-z0-9._~/?#=&%+:-]+$"}
_REFERENCE = {"type": "string", "pattern": r"^[A-Za-z0-9._~/%-]+$"}
_LEVEL = {"enum": ["none", "note", "warning", "error"]}

PARTS: dict[str, Any] = {
    **_object(
        "version runs", **{"$schema": _URI}, version={"const": "2.1.0"}, runs=_list(_part("run")),
    ),
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$defs": {
        "bag": {"type": "object", "properties": {"tags": _list(_TEXT, unique=True)}},
        "run": _object(
            "tool results", tool=_object("driver", driver=_part("driver")), automationDetails=_object(id=_TEXT),
            columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]}, invocations=_list(_part("invocation")),
            results=_list(_part("result")),
        ),
        "driver": _object(
            "name", name=_TEXT, version=_TEXT, semanticVersion=_TEXT, rules=_list(_part("descriptor"), unique=True),
            notifications=_list(_part("descriptor"), unique=True),
        ),
        "descriptor": _object(
            "id", id=_TEXT, shortDescription=_part("text"), fullDescription=_part("text"), help=_part("text"),
            helpUri=_URI, defaultConfiguration=_object(level=_LEVEL),
        ),
        "text": _object("text", text=_TEXT, markdown=_TEXT),
        "message": _object("text", text=_TEXT, markdown=_TEXT),
        "invocation": _object(
            "executionSuccessful", executionSuccessful={"type": "boolean"}, startTimeUtc=_MOMENT, endTimeUtc=_MOMENT,
            exitCode=_NUMBER, exitCodeDescription=_TEXT, toolExecutionNotifications=_list(_part("notification")),
        ),
        "notification": _object(
            "message", message=_part("message"), level=_LEVEL, descriptor=_object("id", id=_TEXT),
            associatedRule=_object("id", id=_TEXT),
        ),
        "result": _object(
            "message", message=_part("message"), ruleId=_TEXT, ruleIndex=_INDEX, level=_LEVEL,
            kind={"enum": ["notApplicable", "pass", "fail", "review", "open", "informational"]},
            locations=_list(_part("location")),
            partialFingerprints={"type": "object", "additionalProperties": _TEXT},
            baselineState={"enum": ["new", "unchanged", "updated", "absent"]},
            suppressions=_list(_part("suppression"), unique=True),
        ),
        "location": _object(
            physicalLocation=_object(
                "artifactLocation", artifactLocation=_object(uri=_REFERENCE),
                region=_object("startLine", startLine=_COUNT, startColumn=_COUNT, endLine=_COUNT, endColumn=_COUNT),
            ),
            logicalLocations=_list(_object(name=_TEXT, fullyQualifiedName=_TEXT, kind=_TEXT), unique=True),
        ),
        "suppression": _object(
            "kind", kind={"enum": ["inSource", "external"]}, status={"enum": ["accepted", "underReview", "rejected"]},
            justification=_TEXT,
        ),
    },
}  # fmt: skip

_VALIDATOR = jsonschema.Draft202012Validator(PARTS)


def check_sarif(document: Any) -> None:
    """Assert what the standard demands."""
    _VALIDATOR.validate(document)
    for run in document["runs"]:
        rules = run["tool"]["driver"]["rules"]
        ids = [rule["id"] for rule in rules]
        assert len(set(ids)) == len(ids)
        for result in run["results"]:
            assert ids[result["ruleIndex"]] == result["ruleId"]
            assert (result["kind"] == "fail") or result["level"] == "none"
        known = {each["id"] for each in run["tool"]["driver"]["notifications"]}
        for invocation in run["invocations"]:
            for notification in invocation["toolExecutionNotifications"]:
                assert notification["descriptor"]["id"] in known
                assert notification["level"] != "error" or not invocation["executionSuccessful"]


def check_github(text: str, document: Any) -> None:
    """Assert what GitHub's documentation demands beyond the standard, and its limits."""
    assert len(gzip.compress(text.encode())) <= 10_000_000
    assert document["$schema"]
    assert len(document["runs"]) == 1
    (run,) = document["runs"]
    assert re.fullmatch(r"guardrift/[^/]+/", run["automationDetails"]["id"])
    assert run["tool"]["driver"]["name"]
    assert len(run["results"]) <= 5_000
    for rule in run["tool"]["driver"]["rules"]:
        assert rule["id"]
        for name in ("shortDescription", "fullDescription"):
            assert 1 <= len(rule[name]["text"]) <= 1_024
        assert rule["help"]["text"]
        assert len(rule["properties"]["tags"]) <= 10
        assert rule["properties"]["precision"] in {"high", "medium", "low"}
        assert 0 < float(rule["properties"].get("security-severity", "1")) <= 10
    for result in run["results"]:
        assert result["message"]["text"].strip()
        assert result["partialFingerprints"]["primaryLocationLineHash"]
        physical = result["locations"][0]["physicalLocation"]
        segments = physical["artifactLocation"]["uri"].split("/")
        assert all(segment.strip(".") for segment in segments)
        assert {"startLine", "startColumn", "endLine", "endColumn"} == set(physical["region"])
    hashes = [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]
    assert len(set(hashes)) == len(hashes)


def log(report: Report, **more: Any) -> dict[str, Any]:
    """The one run, after the whole was checked."""
    text = sarif_report.render(report, **more)
    document = json.loads(text)
    check_sarif(document)
    check_github(text, document)
    run: dict[str, Any] = document["runs"][0]
    return run


def rule_of(run: dict[str, Any], rule_id: str) -> dict[str, Any]:
    (found,) = [rule for rule in run["tool"]["driver"]["rules"] if rule["id"] == rule_id]
    return dict(found)


def notices(run: dict[str, Any], kind: str) -> list[str]:
    (invocation,) = run["invocations"]
    every = invocation["toolExecutionNotifications"]
    return [each["message"]["text"] for each in every if each["descriptor"]["id"] == kind]
