import os
import signal
import threading

import pytest

from signkit.train.interrupt import noticed_signals


@pytest.mark.parametrize(
    ("number", "end"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)]
)
def test_a_signal_is_noted_and_ends_the_command_later(number, end):
    with noticed_signals(is_shared=False) as stop:
        assert not stop
        os.kill(os.getpid(), number)
        assert stop
        with pytest.raises(end) as raised:
            stop.leave()
    if end is SystemExit:
        assert raised.value.code == 143


def test_a_second_ctrl_c_ends_at_once():
    with noticed_signals(is_shared=False):
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_torchrun_may_signal_twice():
    with noticed_signals(is_shared=True) as stop:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop


def test_a_process_that_was_not_signalled_leaves_with_the_others():
    with noticed_signals(is_shared=True) as stop, pytest.raises(KeyboardInterrupt):
        stop.leave()


def test_handlers_are_put_back():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with noticed_signals(is_shared=False):
        assert signal.getsignal(signal.SIGINT) is not before[0]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_training_in_a_thread_leaves_signals_alone():
    seen = []

    def inside() -> None:
        with noticed_signals(is_shared=False) as stop:
            seen.append(bool(stop))

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert seen == [False]
