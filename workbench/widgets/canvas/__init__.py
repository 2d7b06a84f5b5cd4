"""The live pictures: of each a Python file that holds its state, and a script that draws it."""
