"""How alike and how low in rank node states become, layer by layer."""
