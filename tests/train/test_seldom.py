from signkit.train.seldom import Seldom


class Clock:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


def test_writing_takes_at_most_a_twentieth_of_the_time():
    clock = Clock()
    seldom = Seldom(clock)
    assert seldom.is_due  # what was never written is worth writing
    seldom.do(lambda: clock.pass_by(2.0))
    clock.pass_by(39.0)
    assert not seldom.is_due
    clock.pass_by(1.0)
    assert seldom.is_due
    seldom.do(lambda: None)
    assert seldom.is_due


def test_a_quarter_of_an_hour_is_too_long_to_wait_for_a_better_moment():
    clock = Clock()
    seldom = Seldom(clock)
    clock.pass_by(899.0)
    assert not seldom.is_overdue
    clock.pass_by(1.0)
    assert seldom.is_overdue
    seldom.do(lambda: clock.pass_by(60.0))
    clock.pass_by(901.0)
    assert not seldom.is_overdue  # a minute of writing is worth twenty of training
    clock.pass_by(300.0)
    assert seldom.is_overdue
