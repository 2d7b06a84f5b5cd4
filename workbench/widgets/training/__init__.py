"""The training panel: one model before and after a rewiring."""
