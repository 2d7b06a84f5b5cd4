"""The rewirings, one file each."""
