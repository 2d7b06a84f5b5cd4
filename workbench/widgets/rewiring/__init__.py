"""The rewiring lab: drag a slider through the edits of a method."""
