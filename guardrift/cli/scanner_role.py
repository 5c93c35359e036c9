"""guardrift policies scanner-role: the role by which guardrift reads an account."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class RoleForm(StrEnum):
    """In which language the role is written."""

    JSON = "json"
    CLOUDFORMATION = "cloudformation"
    TERRAFORM = "terraform"


def scanner_role(
    form: Annotated[
        RoleForm, typer.Option("--format", help="json (the policy document), cloudformation or terraform (.tf.json).")
    ] = RoleForm.JSON,
    trust: Annotated[
        str | None,
        typer.Option(
            "--trust", metavar="ACCOUNT_OR_ARN", help="Who may assume the role. JSON then holds its trust, too."
        ),
    ] = None,
    external_id: Annotated[
        str | None, typer.Option("--external-id", help="An external id that whoever assumes the role must send.")
    ] = None,
    name: Annotated[str, typer.Option("--role-name", help="How the role is called.")] = "guardrift-scanner",
    last_accessed: Annotated[
        bool, typer.Option("--last-accessed", help="Allow what 'scan --last-accessed' needs.")
    ] = False,
    organization: Annotated[
        bool,
        typer.Option(
            "--organization", help="Allow it to assume the roles of this name in the organization's accounts."
        ),
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write. Default, and -: stdout.")
    ] = None,
) -> None:
    """Print the read-only role that a scan needs: every action it calls, no wildcards, and no data.

    Reading secrets, objects, records, logs and code is denied, even if SecurityAudit or ReadOnlyAccess is attached.
    For an organization: make the central role with --organization, and deploy the CloudFormation form to the other
    accounts as a stack set that trusts the central role.

    \b
    Examples:
      guardrift policies scanner-role -o scanner.json
      aws iam put-role-policy --role-name audit --policy-name guardrift-scanner --policy-document file://scanner.json
      guardrift policies scanner-role --format cloudformation --trust 111122223333 -o role.json
      aws cloudformation deploy --stack-name guardrift --template-file role.json --capabilities CAPABILITY_NAMED_IAM
      guardrift policies scanner-role --format terraform --trust 111122223333 -o guardrift.tf.json
    """  # noqa: D301  (the \b keeps the lines of the examples apart)
    from guardrift.cli.output import check_writable, data, note, write_file
    from policies.scanner_role_forms import Wish, cloudformation, plain, terraform
    from scanner.errors import UsageError

    if form is RoleForm.JSON and external_id is not None and trust is None:
        raise UsageError("--external-id goes with --trust", "Name who may assume the role.")
    _check(name, trust, external_id)
    wish = Wish(
        role_name=name,
        principal=trust,
        external_id=external_id,
        last_accessed=last_accessed,
        organization=organization,
    )
    text = {RoleForm.JSON: plain, RoleForm.CLOUDFORMATION: cloudformation, RoleForm.TERRAFORM: terraform}[form](wish)
    if output is None or str(output) == "-":
        data(text)
        return
    if form is RoleForm.TERRAFORM and output.name.endswith(".tf"):
        raise UsageError(
            f"{output} would be read as HCL, and this form is JSON", f"Write it to {output.with_suffix('.tf.json')}."
        )
    check_writable(output)
    write_file(output, text.encode())
    note(f"Written: {output}")


def _check(name: str, trust: str | None, external_id: str | None) -> None:
    """Raise ``UsageError`` for a text that IAM would not take."""
    from policies import scanner_role as role
    from scanner.errors import UsageError

    for option, check, text in (
        ("--role-name", role.role_name, name),
        ("--trust", role.trusted, trust),
        ("--external-id", role.external_id, external_id),
    ):
        try:
            if text is not None:
                check(text)
        except ValueError as fault:
            raise UsageError(f"{option}: {fault}", "Write it as IAM has it.") from None
