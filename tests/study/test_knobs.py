from dataclasses import replace

import pytest

from signkit.decoding import DecoderConfig
from signkit.study.knobs import means, search, simplicity


class Bowl:
    """Errors grow with the distance from the best knobs; counts how often it is asked."""

    def __init__(self, *, beam: bool = False, **best: float) -> None:
        self.best, self.beam = best, beam
        self.asked: list[DecoderConfig] = []

    def __call__(self, config: DecoderConfig) -> int:
        self.asked.append(config)
        far = sum(abs(getattr(config, name) - value) for name, value in self.best.items())
        return round(100 * far) + (1000 if self.beam and config.decoder == "greedy" else 0)

    def found(self, settings: list[DecoderConfig]) -> DecoderConfig:
        answers = Bowl(beam=self.beam, **self.best)
        return min(settings, key=lambda config: (answers(config), simplicity(config)))


@pytest.mark.parametrize("bias", [-3.0, 0.0, 0.75, 3.25, 11.5])
def test_greedy_finds_the_blank_bias_also_beyond_its_grid(bias: float):
    bowl = Bowl(blank_bias=bias)
    found = bowl.found(search(bowl))
    assert found == DecoderConfig(blank_bias=bias)


def test_a_beam_finds_all_its_knobs():
    bowl = Bowl(beam=True, lm_weight=0.45, length_bonus=1.25, blank_bias=1.0)
    found = bowl.found(search(bowl, beam=7, lm="x.arpa"))
    assert found == DecoderConfig(
        decoder="beam", beam=7, lm="x.arpa", lm_weight=0.45, length_bonus=1.25, blank_bias=1.0
    )


def test_without_a_weight_no_language_model_is_named():
    settings = search(Bowl(beam=True, length_bonus=1.0), beam=4, lm="x.arpa")
    assert any(config.uses_lm for config in settings)
    assert all(bool(config.lm) == (config.lm_weight > 0) for config in settings)
    assert all(config.lm_weight >= 0 for config in settings)


def test_without_a_beam_only_the_blank_bias_is_turned():
    settings = search(Bowl(blank_bias=1.0))
    assert all(config == DecoderConfig(blank_bias=config.blank_bias) for config in settings)


def test_without_a_language_model_there_is_no_weight():
    settings = search(Bowl(beam=True, blank_bias=1.0), beam=4)
    assert {config.lm_weight for config in settings} == {0.0}
    assert {config.decoder for config in settings} == {"greedy", "beam"}


def test_each_setting_is_asked_for_once_and_in_the_same_order():
    one, other = (Bowl(beam=True, lm_weight=0.3, blank_bias=2.0) for _ in range(2))
    first, again = (search(bowl, beam=4, lm="x") for bowl in (one, other))
    assert first == again == one.asked
    assert len(set(first)) == len(first)
    assert DecoderConfig() in first


def test_where_nothing_matters_the_search_ends_soon():
    assert len(search(lambda _: 0, beam=10, lm="x")) < 60


def test_simpler_settings_come_first():
    greedy, beam = DecoderConfig(), DecoderConfig(decoder="beam")
    order = [
        greedy,
        replace(greedy, blank_bias=-0.5),
        replace(greedy, blank_bias=2.0),
        beam,
        replace(beam, blank_bias=1.0, length_bonus=1.0),
        replace(beam, lm="x", lm_weight=0.1),
    ]
    mixed = [order[i] for i in (3, 5, 0, 2, 4, 1)]
    assert sorted(mixed, key=simplicity) == order
    assert [means(config) for config in order[2:4]] == [(False, False), (True, False)]
