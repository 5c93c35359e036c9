"""The proof of a containment: with its documents in place, who is denied everything, and for whom nothing changes."""

from policies.proof.model import Claim, Counterexample, Proof, Undo, Who
from policies.proof.proving import prove

__all__ = ["Claim", "Counterexample", "Proof", "Undo", "Who", "prove"]
