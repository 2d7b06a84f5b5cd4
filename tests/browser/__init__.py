"""A package, so that its conftest is ``browser.conftest`` and not a second module ``conftest``."""
