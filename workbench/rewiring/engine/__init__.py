"""What edits a graph cheaply: inverses, curvatures and distances kept right edge by edge."""
