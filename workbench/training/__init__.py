"""One readable training loop, tasks in, runs on disk out."""
