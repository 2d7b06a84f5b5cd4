"""Local structure: concentration, graphlet orbits, homophily."""
