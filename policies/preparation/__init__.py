"""What one has before an incident: roles to respond with, logs, detectors; as CloudFormation and Terraform."""

from policies.preparation.catalogue import STACKS, forms_of, render_stack
from policies.preparation.language import Form
from policies.preparation.wish import ISOLATION_ROLE, Wish

__all__ = ["ISOLATION_ROLE", "STACKS", "Form", "Wish", "forms_of", "render_stack"]
