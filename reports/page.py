"""What every HTML page has: one gateway for text, a style of its own, and a policy that allows nothing else."""

from __future__ import annotations

import base64
import functools
import hashlib
from importlib import resources

import jinja2
from markupsafe import Markup

from reports.visible import visible

_TEMPLATES = "templates"


def environment() -> jinja2.Environment:
    """One gateway for all text: hidden characters are made visible by ``finalize``, then autoescape makes it inert."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader(__package__, _TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@functools.cache
def source(name: str) -> Markup:
    """A style or script that is ours, and so is not escaped."""
    text = (resources.files(__package__) / _TEMPLATES / name).read_text(encoding="utf-8").strip()
    return Markup(text)  # noqa: S704  (a file of this package)


def content_policy(style: str) -> str:
    """A policy that allows the page's own style and nothing else: no script, no network, no frames, no forms."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


def _shown(value: object) -> object:
    """A value as it may be written; what the templates themselves produced is final already."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
