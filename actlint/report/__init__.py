"""How findings, proofs and rule pages look, for people and for programs."""
