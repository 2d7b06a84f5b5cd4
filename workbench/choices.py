"""Options that are words."""

from collections.abc import Collection


def check_choice(name: str, word: object, words: Collection[object]) -> None:
    """Raise where an option is none of its words, which the message lists.

    Raises:
        ValueError: it is another word.
    """
    if word not in words:
        raise ValueError(f"{name} must be one of {', '.join(map(str, words))}; got {word!r}")
