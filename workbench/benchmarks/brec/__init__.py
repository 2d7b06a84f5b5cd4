"""BREC: 400 pairs of graphs for a model to tell apart, as released and as published."""
