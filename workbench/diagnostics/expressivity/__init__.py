"""Which graphs can be told apart: color refinement, isomorphism, counts."""
