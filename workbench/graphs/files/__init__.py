"""Graph files: readers and writers of each format, and the one builder behind the readers."""
