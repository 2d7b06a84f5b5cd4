"""What we study: generators, tasks, data sets, reading and writing graphs."""
