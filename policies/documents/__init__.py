"""Policy documents for containment, each a pure function of what it names, and what each of them does."""

from policies.documents.catalogue import CONTAINING, DOCUMENTS, GUARDING, named
from policies.documents.examples import example
from policies.documents.template import Effects, Kind, Option, Place, PrincipalTemplate, Template, When
from policies.documents.writing import NotWritable, PolicyDocument, serialise
from policies.documents.written import Values, Written, write

__all__ = [
    "CONTAINING", "DOCUMENTS", "GUARDING", "Effects", "Kind", "NotWritable", "Option", "Place", "PolicyDocument",
    "PrincipalTemplate", "Template", "Values", "When", "Written", "example", "named", "serialise", "write",
]  # fmt: skip
