"""The attention lens: every head of a model, over the graph."""
