"""Arrays in, pictures out; pure functions."""
