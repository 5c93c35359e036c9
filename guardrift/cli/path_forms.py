"""The forms in which paths are told, and the suffixes of their files."""

from __future__ import annotations

from enum import StrEnum


class Form(StrEnum):
    """How paths are told."""

    TEXT = "text"
    TREE = "tree"
    DOT = "dot"
    MERMAID = "mermaid"
    JSON = "json"


SUFFIXES = {".txt": Form.TEXT, ".dot": Form.DOT, ".mmd": Form.MERMAID, ".json": Form.JSON}
"""The form of a file, by its suffix."""
