"""Plans: from a suspected credential to documents, steps and their proof."""

from policies.planning.closing import metadata_is_open
from policies.planning.containing import BY_ORGANIZATION
from policies.planning.folder import plan_files
from policies.planning.making import Planner, make_plan
from policies.planning.plan import PHASES, Phase, Plan, PlannedDocument, ProvenFor, Step, Verdict
from policies.planning.runbook import runbook

__all__ = [
    "BY_ORGANIZATION", "PHASES", "Phase", "Plan", "PlannedDocument", "Planner", "ProvenFor", "Step", "Verdict",
    "make_plan", "metadata_is_open", "plan_files", "runbook",
]  # fmt: skip
