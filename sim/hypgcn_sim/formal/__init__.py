"""Proofs of properties of units, by bounded model checking and k-induction with an SMT solver."""
