"""What appeared in an account since its last clean state, and the commands that take it away or put back what was."""

from policies.eradication.eradicating import eradication
from policies.eradication.told import Eradication, Look, Remnant

__all__ = ["Eradication", "Look", "Remnant", "eradication"]
