"""What we measure: one file per concept, tensors in and tensors out."""
