"""Rewirings: one file per method, one result type, one PyG transform."""
