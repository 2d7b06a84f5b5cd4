"""Edits in their order: the tape, its file, and what is measured along it."""
