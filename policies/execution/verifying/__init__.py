"""Whether a containment that was carried out holds: read back, asked of the simulator, and looked up in the logs."""

from policies.execution.verifying.looking import Overall, overall, verify
from policies.execution.verifying.whose import whose

__all__ = ["Overall", "overall", "verify", "whose"]
