"""What all labs share: the worker thread, opening graphs, controls, the still picture."""
