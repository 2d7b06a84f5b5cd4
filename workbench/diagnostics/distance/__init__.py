"""Distances: between nodes in hops, and between graphs."""
