"""What a model's outputs feel of its inputs: Jacobians, their range, decay and bounds."""
