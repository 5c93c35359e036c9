"""Render a template of the catalogue: check what it is filled in with, read what it needs to know, print or write."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from guardrift.cli.document_printing import print_documents, print_refusal
from guardrift.cli.live import Source, read_identity
from guardrift.cli.output import check_writable, note, read_file
from guardrift.cli.policy_rendering import cutoff_of, find_principal
from guardrift.cli.rules_command import Form
from guardrift.cli.run import FINDINGS, OK
from guardrift.cli.stack_rendering import run_stack
from policies import PLACEHOLDER
from policies.documents import NotWritable, Option, Template, Values, Written, write
from policies.documents.sessions import is_session_of_instance
from policies.preparation import Form as StackForm
from scanner.containment import NotRevocable, inline_headroom, revocability
from scanner.errors import UsageError
from scanner.inventory import Account, Gap, Role, User

_NO_ROOM = NotRevocable(
    reason="The inline policies of the principal leave too few characters for this document.",
    alternative="Use deny-all-boundary, which needs no room, or a service control policy.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """The options of a rendering, as they were given; None or empty is an option that was not."""

    options: dict[Option, str | None]
    principals: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    cutoff: str | None = None
    stack: StackForm | None = None
    folder: Path | None = None
    form: Form = Form.TEXT
    given: frozenset[Option] = field(default=frozenset())


def filled_in(
    options: dict[Option, str | None],
    *,
    principals: tuple[str, ...],
    networks: tuple[str, ...],
    cutoff: str | None,
    folder: Path | None,
    form: Form,
    cloudformation: bool,
    terraform: bool,
) -> Filled:
    """What a template is filled in with, by the options of the command line."""
    if cloudformation and terraform:
        raise UsageError("--cloudformation and --terraform exclude each other", "Leave one of them out.")
    given: set[Option] = {name for name, value in options.items() if value is not None}
    given |= {"principal"} if principals else set()
    given |= {"cidr"} if networks else set()
    stack: StackForm | None = "cloudformation" if cloudformation else "terraform" if terraform else None
    return Filled(
        options=options,
        principals=principals,
        networks=networks,
        cutoff=cutoff,
        stack=stack,
        folder=folder,
        form=form,
        given=frozenset(given),
    )


def run_document(template: Template, filled: Filled, source: Source) -> int:
    """Render one template; returns 1 where the principal cannot be contained in this way."""
    check_options(template, filled)
    if filled.folder is not None:
        check_writable(filled.folder / template.file)
    if template.layer == "stack":
        return run_stack(template, filled.stack or "json", filled.options, filled.principals, filled.folder)
    now = datetime.now(UTC)
    cutoff = cutoff_of(filled.cutoff, now)
    account = _account(template, filled, source, now)
    values = _values(template, filled, account, source)
    try:
        written = write(template, values)
        dated = _dated(template, written, values, cutoff)
    except NotWritable as fault:
        raise UsageError(f"{template.name}: {fault}", "Nothing was written.") from None
    refused = _refused(template, values, dated)
    if refused is not None:
        print_refusal(template, refused, filled.form)
        return FINDINGS
    _tell(template, values)
    print_documents(template, dated, filled.form, filled.folder)
    return OK


def check_options(template: Template, filled: Filled) -> None:
    """Raise ``UsageError`` for an option that is missing, or that has no meaning for the template."""
    missing = [each for each in template.needs if each not in filled.given]
    if missing:
        raise UsageError(f"{template.name} needs --{missing[0]}", f"It takes: {_takes(template)}.")
    wrong = sorted(filled.given - {*template.needs, *template.may})
    if wrong:
        raise UsageError(
            f"--{wrong[0]} has no meaning for {template.name}", f"It takes: {_takes(template) or 'none of these'}."
        )
    if template.applies_to == "role or user" and len(filled.given & {"role", "user"}) != 1:
        raise UsageError("one principal is needed", "Give either --role NAME or --user NAME.")
    if filled.stack is not None and template.layer != "stack":
        raise UsageError(f"{template.name} is a policy, and is written as JSON", "Leave out the form.")
    if template.layer == "stack" and filled.cutoff is not None:
        raise UsageError(f"--cutoff has no meaning for {template.name}", "Leave it out.")


def _takes(template: Template) -> str:
    return ", ".join((*(f"--{each}" for each in template.needs), *(f"[--{each}]" for each in template.may)))


def _account(template: Template, filled: Filled, source: Source, now: datetime) -> Account | None:
    """The account, where the template is about a principal in it."""
    if filled.given & {"role", "user"}:
        return read_identity(source, now, user=filled.options.get("user"))
    if source.snapshot is not None:
        raise UsageError(f"--snapshot has no meaning for {template.name}", "It needs no account: leave it out.")
    return None


def _values(template: Template, filled: Filled, account: Account | None, source: Source) -> Values:
    given = filled.options
    role: Role | None = None
    user: User | None = None
    if account is not None and given.get("role") is not None:
        role = find_principal(account.roles, given["role"] or "", "role")
    if account is not None and given.get("user") is not None:
        user = find_principal(account.users, given["user"] or "", "user")
    foreign = given.get("account-id") or ""
    if template.layer == "rcp" and foreign == source.account_id:
        raise UsageError("--account-id is your own account", "Name the foreign account.")
    values = Values(
        role=role,
        user=user,
        session=given.get("session") or "",
        instance=_instance(given.get("instance"), account),
        principals=filled.principals,
        account_id=foreign,
        source_identity=given.get("source-identity") or "",
        user_id=given.get("user-id") or "",
        existing=_existing(given.get("existing")),
        networks=filled.networks,
        deployer=given.get("deployer"),
        partition=given.get("partition") or (account.partition if account is not None else "aws"),
    )
    if given.get("response-role"):
        values = msgspec.structs.replace(values, response_role=given["response-role"])
    if account is None or isinstance(account.summary, Gap):
        return values
    limit = account.summary.counters.get("AssumeRolePolicySizeQuota", values.trust_limit)
    return msgspec.structs.replace(values, trust_limit=limit)


def _instance(text: str | None, account: Account | None) -> str:
    """The ARN of an instance; an id alone is looked for in the account."""
    if text is None or text.startswith("arn:") or account is None:
        return text or ""
    for region in account.regions:
        for instance in () if isinstance(region.instances, Gap) else region.instances:
            if instance.id == text:
                return instance.arn
    raise UsageError(
        f"the instance {text!r} is not among what was read",
        "Give its ARN: arn:aws:ec2:REGION:ACCOUNT:instance/ID.",
    )


def _existing(text: str | None) -> str:
    """The inline policy of a permission set, as it is, or as the AWS CLI prints it; empty where there is none."""
    if text is None:
        return ""
    content = read_file(Path(text)).decode("utf-8", "replace").strip()
    try:
        found = json.loads(content) if content else None
    except (ValueError, RecursionError):
        return content
    inner = found.get("InlinePolicy") if isinstance(found, dict) else None
    return inner if isinstance(inner, str) else content


def _dated(template: Template, written: tuple[Written, ...], values: Values, cutoff: str | None) -> tuple[Written, ...]:
    """The documents with the time that was given."""
    if cutoff is None:
        return written
    if not any(PLACEHOLDER in each.document for each in written):
        raise UsageError(f"--cutoff has no meaning for {template.name}", "It denies whatever the time: leave it out.")
    return write(template, msgspec.structs.replace(values, cutoff=cutoff))


def _refused(template: Template, values: Values, written: tuple[Written, ...]) -> NotRevocable | None:
    verdict = revocability(values.role) if values.role is not None else None
    if isinstance(verdict, NotRevocable):
        return verdict
    principal = values.role or values.user
    if template.layer != "inline" or principal is None or template.quota is None:
        return None
    left = inline_headroom(principal, written[0].name).free
    return None if template.quota.size(written[0].document) <= left else _NO_ROOM


def _tell(template: Template, values: Values) -> None:
    if template.name in ("revoke-session", "isolate-session") and not is_session_of_instance(values.session):
        note(
            f"{values.session} is not the id of an instance. If whoever assumes the role chooses the names of its "
            "sessions, a thief takes another one: use revoke-sessions then."
        )
