"""The sensitivity lab: what reaches each node through a model."""
