"""The interactive labs: thin layers over the library."""
