"""The examples of AWS's pages on event patterns: what each pattern matches, and what it does not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scanner.events.pattern import read_pattern

Json = dict[str, Any]

INSTANCE: Json = {
    "version": "0",
    "detail-type": "EC2 Instance State-change Notification",
    "source": "aws.ec2",
    "account": "012345679012",
    "time": "2017-10-02T16:24:49Z",
    "region": "us-east-1",
    "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-000000aaaaaa00000"],
    "detail": {
        "c-count": 5,
        "d-count": 3,
        "x-limit": 301.8,
        "source-ip": "10.0.0.33",
        "instance-id": "i-000000aaaaaa00000",
        "state": "running",
    },
}


def state(value: object) -> Json:
    return {"detail": {"state": value}}


def limit(value: object) -> Json:
    return {"detail": {"x-limit": value}}


def file_name(value: object) -> Json:
    return {"FileName": value}


def service(value: object) -> Json:
    return {"detail": {"service": value}}


def detail(**fields: object) -> Json:
    return {"detail": fields}


EMPLOYEES: Json = {
    "employees": [
        {"firstName": "John", "lastName": "Doe"},
        {"firstName": "Anna", "lastName": "Smith"},
        {"firstName": "Peter", "lastName": "Jones"},
    ]
}
NESTED_EMPLOYEES: Json = {"employees": [EMPLOYEES["employees"][:2], EMPLOYEES["employees"][2:]]}

EXAMPLES: list[tuple[str, Json, list[Json], list[Json]]] = [
    (
        "simple matching",
        {
            "detail-type": ["EC2 Instance State-change Notification"],
            "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-000000aaaaaa00000"],
            "detail": {"state": ["initializing", "running"]},
        },
        [INSTANCE],
        [INSTANCE | state("stopped"), INSTANCE | {"resources": []}, INSTANCE | {"detail-type": "EC2"}],
    ),
    ("prefix", {"time": [{"prefix": "2017-10-02"}]}, [INSTANCE], [{"time": "2017-10-03T00:00:00Z"}, {"time": 2017}]),
    (
        "prefix, ignoring case",
        {"detail": {"service": [{"prefix": {"equals-ignore-case": "EventB"}}]}},
        [service("EventBridge"), service("EVENTB"), service("eventb-x")],
        [service("event"), service("an eventb")],
    ),
    ("suffix", {"FileName": [{"suffix": ".png"}]}, [file_name("a.png")], [file_name("a.PNG"), file_name("a.jpg")]),
    (
        "suffix, ignoring case",
        {"FileName": [{"suffix": {"equals-ignore-case": ".png"}}]},
        [file_name("a.png"), file_name("a.PnG")],
        [file_name("a.pngx")],
    ),
    (
        "anything but, a string",
        {"detail": {"state": [{"anything-but": "initializing"}]}},
        [state("running"), state(5), state(None), state("")],
        [state("initializing"), detail()],
    ),
    (
        "anything but, a number",
        {"detail": {"x-limit": [{"anything-but": 123}]}},
        [limit(124), limit("123"), limit(True)],
        [limit(123), limit(123.0), detail()],
    ),
    (
        "anything but, strings",
        {"detail": {"state": [{"anything-but": ["stopped", "overloaded"]}]}},
        [state("running"), state(["stopped", "running"])],
        [state("stopped"), state("overloaded"), state(["stopped", "overloaded"])],
    ),
    (
        "anything but, numbers",
        {"detail": {"x-limit": [{"anything-but": [100, 200, 300]}]}},
        [limit(301.8)],
        [limit(100), limit(300)],
    ),
    (
        "anything but, ignoring case",
        {"detail": {"state": [{"anything-but": {"equals-ignore-case": ["initializing", "stopped"]}}]}},
        [state("running")],
        [state("INITIALIZING"), state("Stopped")],
    ),
    (
        "anything but, prefix",
        {"detail": {"state": [{"anything-but": {"prefix": "init"}}]}},
        [state("running"), state(5)],
        [state("initializing"), state("init")],
    ),
    (
        "anything but, prefixes",
        {"detail": {"state": [{"anything-but": {"prefix": ["init", "error"]}}]}},
        [state("running")],
        [state("initializing"), state("errors")],
    ),
    (
        "anything but, suffix",
        {"FileName": [{"anything-but": {"suffix": ".txt"}}]},
        [file_name("a.png")],
        [file_name("a.txt"), {}],
    ),
    (
        "anything but, wildcards",
        {"detail": {"FilePath": [{"anything-but": {"wildcard": ["*/lib/*", "*/bin/*"]}}]}},
        [detail(FilePath="/usr/share/x")],
        [detail(FilePath="/usr/lib/x"), detail(FilePath="/usr/bin/x")],
    ),
    (
        "numeric",
        {
            "detail": {
                "c-count": [{"numeric": [">", 0, "<=", 5]}],
                "d-count": [{"numeric": ["<", 10]}],
                "x-limit": [{"numeric": ["=", 3.018e2]}],
            }
        },
        [INSTANCE, detail(**{"c-count": 0.5, "d-count": -3, "x-limit": 301.8})],
        [
            detail(**{"c-count": 0, "d-count": 3, "x-limit": 301.8}),
            detail(**{"c-count": 5, "d-count": 10, "x-limit": 301.8}),
            detail(**{"c-count": "5", "d-count": 3, "x-limit": 301.8}),
        ],
    ),
    (
        "addresses",
        {"detail": {"sourceIPAddress": [{"cidr": "10.0.0.0/24"}]}},
        [detail(sourceIPAddress="10.0.0.0"), detail(sourceIPAddress="10.0.0.255")],
        [detail(sourceIPAddress="10.0.1.0"), detail(sourceIPAddress="AWS Internal"), detail(sourceIPAddress=10)],
    ),
    (
        "addresses of version 6",
        {"detail": {"sourceIPAddress": [{"cidr": "2001:db8::/32"}]}},
        [detail(sourceIPAddress="2001:db8::7"), detail(sourceIPAddress="2001:0DB8:0:0::7")],
        [detail(sourceIPAddress="2001:db9::7"), detail(sourceIPAddress="10.0.0.1")],
    ),
    (
        "exists",
        {"detail": {"state": [{"exists": True}]}},
        [INSTANCE, state(None)],
        [detail(), state({}), state({"a": 1}), state([])],
    ),
    (
        "does not exist",
        {"detail-type": ["EC2 Instance State-change Notification"], "detail": {"c-count": [{"exists": False}]}},
        [
            INSTANCE | state(["initializing", "running"]),
            INSTANCE | {"detail": {"state": ["initializing"], "c-count": {"c1": 100}}},
        ],
        [INSTANCE],
    ),
    (
        "equals, ignoring case",
        {"detail-type": [{"equals-ignore-case": "ec2 instance State-change Notification"}]},
        [INSTANCE],
        [{"detail-type": "ec2 instance"}],
    ),
    (
        "wildcard",
        {"EventBusArn": [{"wildcard": "arn:aws:events:us-east-1:*:event-bus/*"}]},
        [{"EventBusArn": "arn:aws:events:us-east-1:123456789012:event-bus/myEventBus"}],
        [{"EventBusArn": "arn:aws:events:us-west-1:123456789012:event-bus/myEventBus"}],
    ),
    (
        "wildcards in a path",
        {"FileName": [{"wildcard": "dir/*.png"}]},
        [file_name("dir/a.png"), file_name("dir/.png"), file_name("dir/a/b.png")],
        [file_name("dir.png"), file_name("dir/a.png.txt")],
    ),
    (
        "an escaped wildcard",
        {"FileName": [{"wildcard": "a\\*b\\\\*"}]},
        [file_name("a*b\\"), file_name("a*b\\c")],
        [file_name("axb\\"), file_name("a*b")],
    ),
    (
        "or",
        {
            "source": ["aws.cloudwatch"],
            "$or": [
                {"metricName": ["CPUUtilization", "ReadLatency"]},
                {
                    "metricType": ["MetricType"],
                    "namespace": ["AWS/EC2", "AWS/ES"],
                    "$or": [{"metricId": [1234]}, {"spaceId": [1000]}],
                },
                {"scope": ["Service"]},
            ],
        },
        [
            {"source": "aws.cloudwatch", "metricName": "ReadLatency"},
            {"source": "aws.cloudwatch", "metricType": "MetricType", "namespace": "AWS/ES", "spaceId": 1000},
            {"source": "aws.cloudwatch", "scope": "Service"},
        ],
        [
            {"source": "aws.cloudwatch"},
            {"source": "aws.ec2", "scope": "Service"},
            {"source": "aws.cloudwatch", "metricType": "MetricType", "namespace": "AWS/ES", "metricId": 1000},
        ],
    ),
    (
        "or within a field",
        {"detail": {"$or": [{"c-count": [{"numeric": [">", 0]}]}, {"d-count": [{"numeric": ["<", 10]}]}]}},
        [detail(**{"c-count": 1}), detail(**{"c-count": 0, "d-count": 9})],
        [detail(**{"c-count": 0, "d-count": 10}), detail()],
    ),
    (
        "or as the name of a field",
        {"source": ["aws.cloudwatch"], "$or": {"metricType": ["MetricType"]}},
        [{"source": "aws.cloudwatch", "$or": {"metricType": "MetricType"}}],
        [{"source": "aws.cloudwatch", "metricType": "MetricType"}],
    ),
    (
        "an array in the event",
        {"resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-b188560f", "arn:x"]},
        [{"resources": ["arn:y", "arn:x"]}],
        [{"resources": ["arn:y"]}, {"resources": []}, {}],
    ),
    (
        "one object of an array",
        {"employees": {"firstName": ["Anna"], "lastName": ["Smith"]}},
        [EMPLOYEES, NESTED_EMPLOYEES],
        [{"employees": []}],
    ),
    ("two objects of an array", {"employees": {"firstName": ["Anna"], "lastName": ["Jones"]}}, [], [EMPLOYEES]),
    ("an empty string", {"detail": {"state": [""]}}, [state("")], [state(None), state("x"), detail()]),
    ("null", {"detail": {"state": [None]}}, [state(None)], [state(""), state("null"), detail()]),
    ("a truth value", {"detail": {"state": [True]}}, [state(True)], [state("true"), state(1), state(False)]),
]


@pytest.mark.parametrize(
    ("pattern", "matching", "others"), [pytest.param(*example[1:], id=example[0]) for example in EXAMPLES]
)
def test_examples(pattern: Json, matching: list[Json], others: list[Json]) -> None:
    found = read_pattern(json.dumps(pattern))

    assert [event for event in matching if not found.matches(event)] == []
    assert [event for event in others if found.matches(event)] == []
