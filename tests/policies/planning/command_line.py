"""The AWS CLI as the commands of a plan meet it: words become a call of botocore, what it answers becomes text.

The words are read by the models of botocore, as the AWS CLI reads them: an operation, an option or a value that no
service takes is refused. Calls go to whatever boto3 goes to in the process of the test, which is moto.
"""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import jmespath
from botocore import xform_name
from botocore.exceptions import ClientError, ParamValidationError

CLIENT = """#!{python} -IS
import json, socket, sys
link = socket.socket(socket.AF_UNIX)
link.connect({path!r})
link.sendall(json.dumps(sys.argv[1:]).encode("utf-8", "surrogateescape") + b"\\n")
status, out, err = json.loads(link.makefile("rb").read())
sys.stdout.write(out)
sys.stderr.write(err)
raise SystemExit(status)
"""
_GLOBAL = {"region", "query", "output", "max-items"}


class CommandLine:
    """Answers calls; those of ``refused`` fail, and those that moto does not know answer with nothing."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.parameters: list[tuple[str, dict[str, Any]]] = []
        self.refused: set[str] = set()
        self.told: dict[str, Any] = {}
        self.faults: list[str] = []
        self._clients: dict[tuple[str, str], Any] = {}

    @property
    def operations(self) -> list[str]:
        """The operations in the order of the calls."""
        return [call[1] for call in self.calls]

    def run(self, words: list[str]) -> tuple[int, str, str]:
        """The status, the text and the error of one call."""
        self.calls.append(words)
        if words[:2] == ["ec2", "wait"]:
            return 0, "", ""
        try:
            name, parameters, options = _read(words)
        except (ValueError, KeyError, ParamValidationError) as fault:
            self.faults.append(f"{words}: {fault!r}")
            return 252, "", f"{fault}"
        self.parameters.append((words[1], parameters))
        if words[1] in self.refused:
            return 254, "", "An error occurred (AccessDenied)"
        if words[1] in self.told:
            return 0, _text(self.told[words[1]], options), ""
        where = (words[0], options.get("region", "eu-west-1"))
        if where not in self._clients:
            self._clients[where] = boto3.client(words[0], region_name=where[1])
        client = self._clients[where]
        try:
            answer = getattr(client, name)(**parameters)
        except ClientError as error:
            return 254, "", str(error)
        except ParamValidationError as fault:
            self.faults.append(f"{words}: {fault!r}")
            return 252, "", str(fault)
        except NotImplementedError:
            return 0, "", ""
        answer.pop("ResponseMetadata", None)
        return 0, _text(answer, options), ""

    @contextmanager
    def answering(self, folder: Path, python: str) -> Iterator[None]:
        """Puts a program ``aws`` into a folder, and answers it."""
        path = str(folder / "socket")
        answer = self.run

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                words = json.loads(self.rfile.readline())
                self.wfile.write(json.dumps(answer(words)).encode())

        program = folder / "aws"
        program.write_text(CLIENT.format(python=python, path=path))
        program.chmod(0o755)
        with socketserver.UnixStreamServer(path, Handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()
                Path(path).unlink()


@cache
def _model(service: str) -> Any:
    """For its model alone."""
    return boto3.client(service, region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="y")


def _read(words: list[str]) -> tuple[str, dict[str, Any], dict[str, str]]:
    service, operation, *rest = words
    client = _model(service)
    names = {xform_name(each, "-"): each for each in client.meta.service_model.operation_names}
    shape = client.meta.service_model.operation_model(names[operation]).input_shape
    members = {xform_name(name, "-"): (name, member) for name, member in shape.members.items()} if shape else {}
    parameters: dict[str, Any] = {}
    options: dict[str, str] = {}
    for name, values in _options(rest):
        if name in _GLOBAL:
            (options[name],) = values
            continue
        key, member = members[name]
        parameters[key] = _value(member, values)
    missing = set(shape.required_members if shape else ()) - set(parameters)
    if missing:
        raise ValueError(f"the following arguments are required: {missing}")
    return xform_name(names[operation]), parameters, options


def _options(words: list[str]) -> Iterator[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for word in words:
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            found.append((name, [value] if equals else []))
        else:
            found[-1][1].append(word)
    yield from found


def _value(shape: Any, values: list[str]) -> Any:
    if any(each.startswith(("file://", "fileb://")) for each in values):
        raise ValueError("it would be read from a file")
    if shape.type_name == "boolean":
        return values != ["false"]
    if shape.type_name in ("integer", "long"):
        return int(values[0])
    if shape.type_name in ("structure", "map", "list"):
        if values[0].startswith(("[", "{")):
            (value,) = values
            read = json.loads(value)
            return read if isinstance(read, list) == (shape.type_name == "list") else [read]
        if shape.type_name == "list" and shape.member.type_name == "string":
            return values
        read = [dict(pair.partition("=")[::2] for pair in value.split(",")) for value in values]
        return read if shape.type_name == "list" else read[0]
    (value,) = values
    return value


def _text(answer: Any, options: dict[str, str]) -> str:
    """As the AWS CLI prints it: lists of texts with tabs between them, ``None`` for what is not there."""
    if not answer and "query" not in options:
        return ""
    found = jmespath.search(options["query"], answer) if "query" in options else answer
    if options.get("output") != "text":
        return json.dumps(found, default=str, indent=4) + "\n"
    return "\n".join(_lines(found)) + "\n" if found != [] else ""


def _lines(found: Any) -> Iterator[str]:
    if isinstance(found, list) and any(isinstance(each, list) for each in found):
        for each in found:
            yield from _lines(each)
    elif isinstance(found, list):
        yield "\t".join(map(str, found))
    else:
        yield str(found)
