"""Positional and structural encodings: functions of a graph, and modules where they are learned."""

#: Name -> encoding. Each is one file of this package.
ENCODINGS: dict = {}
