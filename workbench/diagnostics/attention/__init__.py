"""What attention looks at, measured against the graph."""
