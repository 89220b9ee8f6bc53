"""How often to write to disk: as often as it costs next to nothing."""

import time
from collections.abc import Callable

_SHARE = 0.05
"""Of the time that writing may take."""
_LONGEST_S = 900.0


class Seldom:
    """Says when something that takes a while is worth doing again.

    Args:
        clock: Seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ended = clock()
        self._took = 0.0

    @property
    def is_due(self) -> bool:
        """Whether it would take no more than a twentieth of the time since it was last done."""
        return self._clock() - self._ended >= self._took / _SHARE

    @property
    def is_overdue(self) -> bool:
        """Whether so much time has passed that it should not wait for a better moment."""
        return self._clock() - self._ended >= max(_LONGEST_S, self._took / _SHARE)

    def do(self, what: Callable[[], None]) -> None:
        """Do it now."""
        started = self._clock()
        what()
        self._ended = self._clock()
        self._took = self._ended - started
