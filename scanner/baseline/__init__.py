"""The baseline of an account: its reviewed state in normal form, the findings that were accepted, and its files."""

from scanner.baseline.accepted import AcceptedFinding, Terms, accept, by_fingerprint, compare, material_of, prune, terms
from scanner.baseline.files import Baseline, Versions, versions, written
from scanner.baseline.lines import entry_line, entry_lines
from scanner.baseline.marking import marked, mislabelled
from scanner.baseline.places import Places
from scanner.baseline.reading import read_baseline
from scanner.baseline.restoring import managed_documents, restored
from scanner.baseline.state import Entry, MissingPart, State, normal_form
from scanner.baseline.stored import NotRead
from scanner.baseline.taking import taken
from scanner.baseline.updating import Changes, changes, with_what_was_read

__all__ = [
    "AcceptedFinding",
    "Baseline",
    "Changes",
    "Entry",
    "MissingPart",
    "NotRead",
    "Places",
    "State",
    "Terms",
    "Versions",
    "accept",
    "by_fingerprint",
    "changes",
    "compare",
    "entry_line",
    "entry_lines",
    "managed_documents",
    "marked",
    "material_of",
    "mislabelled",
    "normal_form",
    "prune",
    "read_baseline",
    "restored",
    "taken",
    "terms",
    "versions",
    "with_what_was_read",
    "written",
]
