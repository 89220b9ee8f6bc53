"""Ctrl-C, and the signal by which clusters end a job: stop after the update in hand, not within."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

TERMINATED = 128 + signal.SIGTERM
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Whether training was asked to stop.

    Args:
        is_shared: `torchrun` sends a signal more than once, and ends what does not end by itself.
    """

    def __init__(self, *, is_shared: bool) -> None:
        self._is_shared = is_shared
        self._signal = 0

    def __bool__(self) -> bool:
        return bool(self._signal)

    def note(self, number: int, _: FrameType | None) -> None:
        """Remember a signal; a second Ctrl-C ends at once."""
        if self._signal and not self._is_shared:
            raise KeyboardInterrupt
        self._signal = number

    def leave(self) -> None:
        """End the command as the signal would have done.

        Raises:
            KeyboardInterrupt: On Ctrl-C.
            SystemExit: On termination.
        """
        if self._signal == signal.SIGTERM:
            raise SystemExit(TERMINATED)
        raise KeyboardInterrupt


@contextmanager
def noticed_signals(*, is_shared: bool) -> Iterator[Stop]:
    """Signals are only noted while the block runs; elsewhere than in the main thread, not even
    that.
    """
    stop = Stop(is_shared=is_shared)
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, stop.note) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
