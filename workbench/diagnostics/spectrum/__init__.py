"""The Laplacian's spectrum, cuts, and how long walks take to mix."""
