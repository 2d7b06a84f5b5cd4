"""Curvatures of edges: where a graph squeezes, seen from its neighborhoods."""
