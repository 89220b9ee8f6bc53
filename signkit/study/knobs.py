"""The search for a decoder's knobs: a coarse grid, then ever finer steps, one knob at a time.

Greedy decoding has one knob, the blank bias, which is searched first. A beam adds up paths and
needs less of it, so its grid has none, half and all of what greedy decoding likes best; weight of
the language model and length bonus pull against each other, so the grid is over all three.

Every step is decided by the number of errors; among settings with equally many the simplest is
best, so the same lattices always give the same knobs.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import product

from signkit.decoding import DecoderConfig

COARSE = {
    "blank_bias": (-2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0),
    "lm_weight": (0.0, 0.3, 0.6, 1.0),
    "length_bonus": (-4.0, -2.0, 0.0, 2.0),
}
STEPS = {"blank_bias": 1.0, "lm_weight": 0.2, "length_bonus": 1.0}
FINER = (1.0, 0.5, 0.25)
"""Shares of a step, one after the other."""
MOST_ROUNDS = 6
"""Rounds over all knobs with steps of one size; each ends sooner where nothing gets better."""

CountErrors = Callable[[DecoderConfig], int]


def search(count: CountErrors, *, beam: int | None = None, lm: str = "") -> list[DecoderConfig]:
    """All settings that were tried on the way to the best one, in the order they were tried.

    Args:
        count: Errors that a setting makes; asked once for each.
        beam: Also search the knobs of a beam of this width.
        lm: Name of the language model for the beam.
    """
    seen: dict[DecoderConfig, int] = {}

    def best_of(settings: Iterable[DecoderConfig]) -> DecoderConfig:
        settings = list(settings)
        for one in settings:
            if one not in seen:
                seen[one] = count(one)
        return min(settings, key=lambda one: (seen[one], simplicity(one)))

    greedy = DecoderConfig()
    best = _refined(best_of, best_of(_line(greedy, "blank_bias")), ("blank_bias",))
    if beam is not None:
        start = replace(greedy, decoder="beam", beam=beam)
        biases = sorted({0.0, best.blank_bias / 2, best.blank_bias})
        names = ("lm_weight", "length_bonus") if lm else ("length_bonus",)
        grid = product(*(COARSE[name] for name in names), biases)
        names = (*names, "blank_bias")
        _refined(best_of, best_of(_set(start, names, v, lm) for v in grid), names, lm)
    return list(seen)


def means(config: DecoderConfig) -> tuple[bool, bool]:
    """What a setting needs: a beam, and a language model; sorts simpler ones first."""
    return config.decoder != "greedy", config.uses_lm


def simplicity(config: DecoderConfig) -> tuple[object, ...]:
    """Sorts settings: fewer means first, then fewer knobs off their defaults, then smaller ones."""
    knobs = (config.lm_weight, config.length_bonus, config.blank_bias)
    n_turned = sum(value != 0 for value in knobs)
    size = sum(abs(value) for value in knobs)
    return (*means(config), n_turned, size, config.beam, knobs)


def _line(config: DecoderConfig, knob: str) -> list[DecoderConfig]:
    return [_set(config, (knob,), (value,), config.lm) for value in COARSE[knob]]


def _refined(
    best_of: Callable[[Iterable[DecoderConfig]], DecoderConfig],
    best: DecoderConfig,
    names: tuple[str, ...],
    lm: str = "",
) -> DecoderConfig:
    for share in FINER:
        for _ in range(MOST_ROUNDS):
            before = best
            for name in names:
                value, step = getattr(best, name), share * STEPS[name]
                around = [_set(best, (name,), (value + way * step,), lm) for way in (-1, 1)]
                best = best_of([best, *around])
            if best == before:
                break
    return best


def _set(
    config: DecoderConfig, names: tuple[str, ...], values: tuple[float, ...], lm: str
) -> DecoderConfig:
    """The setting with other knobs; without a weight there is no language model, either."""
    knobs = {name: round(value, 4) + 0.0 for name, value in zip(names, values, strict=True)}
    weight = max(0.0, knobs.get("lm_weight", config.lm_weight))
    return replace(
        config,
        lm=lm if weight else "",
        lm_weight=weight,
        length_bonus=knobs.get("length_bonus", config.length_bonus),
        blank_bias=knobs.get("blank_bias", config.blank_bias),
    )
