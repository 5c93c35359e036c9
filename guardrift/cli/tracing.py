"""Trace escalation paths: of everyone, of one principal, or to one."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from guardrift.cli.live import Source, read_principals
from guardrift.cli.output import check_writable, data, note, write_file
from guardrift.cli.path_forms import SUFFIXES, Form
from guardrift.cli.run import INCOMPLETE, OK
from reports import paths_graph, paths_groups, paths_text, paths_tree
from reports.json_text import indented
from scanner.errors import UsageError
from scanner.iam.batch import near
from scanner.iam.escalation.survey import Surveyor
from scanner.iam.escalation.told import Survey
from scanner.iam.lookup import NoSuchPrincipal
from scanner.iam.questions import Questions
from scanner.inventory import Account

_MOST_GROUPS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The arguments of ``guardrift paths``."""

    principal: str | None
    to: str | None
    form: Form
    outputs: tuple[str, ...]
    limit: int | None
    every: bool


def run_paths(asked: Asked, source: Source) -> int:
    """Trace and tell; returns 3 where what was not read could make the answer another."""
    outputs = [(name, asked.form if name == "-" else _form_of(name)) for name in asked.outputs or ("-",)]
    for name, _ in outputs:
        if name != "-":
            check_writable(Path(name))
    if asked.outputs.count("-") > 1:
        raise UsageError("stdout can hold one answer", "Give - once.")
    account = read_principals(source, datetime.now(UTC))
    survey = _survey(asked, account, counts=any(form is Form.JSON for _, form in outputs))
    texts = [(name, _text(survey, form, asked, to_file=name != "-")) for name, form in outputs]
    for name, text in texts:
        if name == "-":
            data(text)
        else:
            write_file(Path(name), text.encode())
    if not source.quiet:
        _say(survey, outputs)
    return OK if survey.complete else INCOMPLETE


def _form_of(name: str) -> Form:
    form = SUFFIXES.get(Path(name).suffix.lower())
    if form is None:
        raise UsageError(
            f"no format of paths has the suffix of {name!r}", f"There are: {', '.join(SUFFIXES)}; - is stdout."
        )
    return form


def _survey(asked: Asked, account: Account, *, counts: bool) -> Survey:
    surveyor, questions = Surveyor(account), Questions(account)
    of = None if asked.principal is None else _arn(questions, asked.principal)
    goal = None if asked.to is None else _arn(questions, asked.to)
    if of is not None and goal is not None:
        if of == goal:
            raise UsageError("both are the same principal", "Give two, or leave --to out.")
        return surveyor.one_to(of, goal)
    if of is not None:
        return surveyor.one(of)
    return surveyor.everyone(counts=counts) if goal is None else surveyor.everyone_to(goal, counts=counts)


def _arn(questions: Questions, text: str) -> str:
    """The ARN of the user or role that a text names; of a session that of its role."""
    try:
        caller = questions.caller(text)
    except NoSuchPrincipal as fault:
        raise UsageError(str(fault), near(fault)) from None
    if caller.kind == "root" and caller.account_id == questions.account.account_id:
        raise UsageError("the root user has every right, and no path leads to it", "Name a user or a role.")
    if caller.principal is None:
        raise UsageError(
            f"{caller.arn} is no user or role of account {questions.account.account_id}", "Paths lie in one account."
        )
    return caller.principal.arn


def _text(survey: Survey, form: Form, asked: Asked, *, to_file: bool) -> str:
    every, limit = asked.every, asked.limit
    if limit is None and not every:
        limit = _MOST_GROUPS
    if form is Form.TEXT:
        return paths_text.render(survey, every=every, limit=limit)
    if form is Form.TREE:
        strokes = paths_tree.UNICODE if to_file or _can_show(paths_tree.UNICODE) else paths_tree.ASCII
        return paths_tree.render(survey, every=every, limit=limit, strokes=strokes)
    if form is Form.JSON:
        return indented(survey)
    drawing = paths_graph.drawing(survey, every=every, limit=limit)
    return paths_graph.dot(drawing) if form is Form.DOT else paths_graph.mermaid(drawing)


def _can_show(strokes: paths_tree.Strokes) -> bool:
    """Whether the encoding of stdout has the characters of a tree."""
    try:
        f"{strokes.branch}{strokes.last}{strokes.through}".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _say(survey: Survey, outputs: list[tuple[str, Form]]) -> None:
    """What stdout does not say itself."""
    written = [name for name, _ in outputs if name != "-"]
    if written:
        note(f"Written: {', '.join(written)}")
    if not survey.complete and not any(name == "-" and form in (Form.TEXT, Form.TREE) for name, form in outputs):
        unread = [text for each in paths_groups.unknown(survey) for text in each.unread]
        first, *others = (*survey.missing, *unread)
        more = f", and {len(others):,} more" if others else ""
        note(f"Not everything was read, so that paths may be missing: {first}{more}")
