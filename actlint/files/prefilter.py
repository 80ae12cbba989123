"""Which files can hold a finding at all, told from their bytes."""

from __future__ import annotations

from collections.abc import Collection

FRAMEWORKS = (b"tensorflow", b"keras", b"torch")


class Prefilter:
    """Passes a file that names a framework and one of the words without which no selected rule can report."""

    def __init__(self, triggers: Collection[tuple[bytes, ...]]) -> None:
        """`triggers`: one tuple per selected rule; an empty one means that any framework code may concern the rule."""
        self._all = any(not words for words in triggers)
        self._words = tuple(sorted({word for words in triggers for word in words}))

    def passes(self, raw: bytes) -> bool:
        """Whether the file has to be parsed."""
        return any(word in raw for word in FRAMEWORKS) and (self._all or any(word in raw for word in self._words))
