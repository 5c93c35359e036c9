"""Containment: what revokes a role's sessions or quarantines a user, rendered before it is needed."""

from policies.cutoff import PLACEHOLDER, format_cutoff, parse_cutoff
from policies.folder import folder_files
from policies.rendered import Rendered
from policies.rendering import render_role, render_user
from policies.templates import TEMPLATES, Template, template

__all__ = [
    "PLACEHOLDER", "TEMPLATES", "Rendered", "Template", "folder_files", "format_cutoff", "parse_cutoff", "render_role",
    "render_user", "template",
]  # fmt: skip
