"""Bins: offsets to codes and back, in coarse steps that throw away build and jitter.

Four ways to lay bins: cut off to even bins, as the BdSLW60 authors' code does; rounded to the
nearest of even bins; equally full bins from quantiles of the train clips (the adaptive quantization
that the RQE paper asks for); and multiples of a fixed step without end (RQE-SF). Each can be read
three ways: hard, soft or straight through.

Codes are float tensors that stay NaN where a landmark is unseen. They may lie between two numbers:
code 2.5 is half way from the centre of bin 2 to the centre of bin 3.

Sources: Rubaiyeat et al. 2025, arXiv:2503.02360, and the authors' BdSLW60 code. Departures: ranges
come from train clips only and what lies outside them clips; a cut-off code stands for the middle of
its bin, not its lower edge.
"""

import math
from typing import Protocol

import torch
from torch import Tensor, nn

from signkit.encode.tables import OffsetSample, seen_quantiles, still_jitter
from signkit.sections import EncoderConfig

UNSEEN_STEP = 2**31
"""The missing code of bins without end; a power of two, so exact as float32."""
_STEEP = 1e38


class Bins(Protocol):
    """Bins of every landmark and axis; a module whose tables are fitted on train clips."""

    @property
    def n_codes(self) -> Tensor:
        """(L, C) how many there are; infinite for bins without end."""

    @property
    def low(self) -> Tensor:
        """(L, C) where the first bin begins; what lies below has its code, too."""

    @property
    def high(self) -> Tensor:
        """(L, C) where the last bin ends."""

    def fit(self, sample: OffsetSample) -> None:
        """Lay the bins."""

    def codes(self, offsets: Tensor) -> Tensor:
        """Whole codes of (..., L, C) offsets; no gradient."""

    def positions(self, offsets: Tensor) -> Tensor:
        """Codes with their fraction: k at the centre of bin k, half way at an edge."""

    def offsets(self, codes: Tensor) -> Tensor:
        """What codes stand for."""

    def rounded(self, offsets: Tensor) -> Tensor:
        """What the whole codes of offsets stand for; no gradient."""


class EvenBins(nn.Module):
    """Bins of one width for each landmark and axis.

    Args:
        levels: (L, C) steps, at least 1.
        config: `mode` is `trunc` or `round`; `range` says where bins begin and end.
    """

    low: Tensor
    high: Tensor
    levels: Tensor

    def __init__(self, levels: Tensor, config: EncoderConfig) -> None:
        super().__init__()
        self._config = config
        self.is_cut_off = config.mode == "trunc"
        self.register_buffer("low", torch.zeros(levels.shape))
        self.register_buffer("high", torch.ones(levels.shape))
        self.register_buffer("levels", levels.float(), persistent=False)

    @property
    def n_codes(self) -> Tensor:
        """The cut-off code `levels` is that of the very top alone."""
        return self.levels + 1 if self.is_cut_off else self.levels

    def fit(self, sample: OffsetSample) -> None:
        low, high = fitted_range(sample, self._config)
        self.low.copy_(low)
        self.high.copy_(high)

    def codes(self, offsets: Tensor) -> Tensor:
        if self.is_cut_off:
            return self._share(offsets.detach()).mul_(self.levels).floor_()
        return self.positions(offsets.detach()).round_()

    def positions(self, offsets: Tensor) -> Tensor:
        if self.is_cut_off:
            found = self._share(offsets) * self.levels - 0.5
        else:
            found = (offsets - self.low) / self._width()
        return found.clamp(min=0).minimum(self.levels - 1)

    def offsets(self, codes: Tensor) -> Tensor:
        if self.is_cut_off:
            steps_below = self.levels - (codes + 0.5).minimum(self.levels)  # 0 at the very top
            return self.high - steps_below * self._width()
        only = (self.levels == 1) * (self.high - self.low) / 2
        return self.low + only + codes * self._width()

    def rounded(self, offsets: Tensor) -> Tensor:
        return self.offsets(self.codes(offsets))

    def _share(self, offsets: Tensor) -> Tensor:
        """Of the range, 0 to 1, by the authors' own formula, which decides the last bit."""
        above = (offsets * 1e5).sub_(self.low * 1e5)  # in one buffer: half the time, same bits
        return above.div_((self.high - self.low) * 1e5 + 1e-5).clamp_(0, 1)

    def _width(self) -> Tensor:
        steps = self.levels if self.is_cut_off else (self.levels - 1).clamp(min=1)
        return ((self.high - self.low) / steps).clamp(min=1e-12)


class QuantileBins(nn.Module):
    """Bins that hold about equally many train offsets each, shared by the landmarks of a part.

    Edges closer than `min_bin` times the part's jitter while it is still are merged, so the number
    of bins of each part and axis is found from data and is at most `levels`.

    Args:
        levels: (L, C) bins at most, at least 1, the same for all landmarks of a part.
        config: `range`, `min_bin`.
        parts: (L,) which part a landmark belongs to.
    """

    low: Tensor
    high: Tensor
    edges: Tensor
    levels: Tensor

    def __init__(self, levels: Tensor, config: EncoderConfig, parts: Tensor) -> None:
        super().__init__()
        self._config, self._parts = config, parts
        n_edges = int(levels.max()) - 1
        self.register_buffer("low", torch.zeros(levels.shape))
        self.register_buffer("high", torch.ones(levels.shape))
        self.register_buffer("edges", torch.full((n_edges, *levels.shape), torch.inf))
        self.register_buffer("levels", levels, persistent=False)

    @property
    def n_codes(self) -> Tensor:
        """Bins that were not merged."""
        return self.edges.isfinite().sum(dim=0).to(self.low) + 1

    def fit(self, sample: OffsetSample) -> None:
        low, high = fitted_range(sample, self._config)
        for part in sorted(set(self._parts.tolist())):
            own = self._parts == part
            self.low[own] = low[own].amin(dim=0)
            self.high[own] = high[own].amax(dim=0)
            values = sample.offsets[:, own].flatten(0, 1)  # (N, C)
            narrowest = self._config.min_bin * still_jitter(sample.steps[:, own])
            for axis, n_bins in enumerate(self.levels[own][0].tolist()):
                ends = float(self.low[own][0, axis]), float(self.high[own][0, axis])
                edges = equal_edges(values[:, axis], n_bins)
                kept = merged(edges, *ends, narrowest=float(narrowest[axis]))
                self.edges[:, own, axis] = torch.inf
                self.edges[: len(kept), own, axis] = torch.tensor(kept).to(low)[:, None]

    def codes(self, offsets: Tensor) -> Tensor:
        return self._stairs(offsets, torch.ones_like(self.edges))

    def positions(self, offsets: Tensor) -> Tensor:
        bounds = self._bounds()
        width = (bounds[1:] - bounds[:-1]).clamp(min=1e-12).nan_to_num(1.0)
        inside = _ramps(offsets, bounds[:-1], 1 / width, torch.ones_like(width))
        return (inside - 0.5).clamp(min=0).minimum(self.n_codes - 1)

    def offsets(self, codes: Tensor) -> Tensor:
        first, rises = self._centres()
        starts = torch.arange(len(rises), device=codes.device)[:, None, None].expand_as(rises)
        return first + _ramps(codes, starts, torch.ones_like(rises), rises)

    def rounded(self, offsets: Tensor) -> Tensor:
        first, rises = self._centres()
        return first + self._stairs(offsets, rises)

    def _stairs(self, offsets: Tensor, rises: Tensor) -> Tensor:
        """(..., L, C) sum of `rises` at the edges below each offset."""
        steep = torch.full_like(self.edges, _STEEP)
        return _ramps(offsets.detach(), self.edges, steep, rises)

    def _centres(self) -> tuple[Tensor, Tensor]:
        """(L, C) centre of the first bin, and (K - 1, L, C) how much higher each next one is."""
        bounds = self._bounds()
        centres = (bounds[1:] + bounds[:-1]) / 2
        return centres[0], (centres[1:] - centres[:-1]).nan_to_num(0.0, posinf=0.0)

    def _bounds(self) -> Tensor:
        """(K + 1, L, C) beginning of every bin and the end of the last, then infinity."""
        ends = self.high[None]
        bounds = torch.cat([self.low[None], self.edges, torch.full_like(ends, torch.inf)])
        is_end = torch.arange(len(bounds), device=ends.device)[:, None, None] == self.n_codes
        return torch.where(is_end, ends, bounds)


class StepBins(nn.Module):
    """Multiples of one step, without end."""

    n_codes: Tensor
    low: Tensor
    high: Tensor

    def __init__(self, shape: tuple[int, int], step: float) -> None:
        super().__init__()
        self.step = step
        self.register_buffer("n_codes", torch.full(shape, torch.inf), persistent=False)
        self.register_buffer("low", torch.full(shape, -torch.inf), persistent=False)
        self.register_buffer("high", torch.full(shape, torch.inf), persistent=False)

    def fit(self, sample: OffsetSample) -> None:
        """Nothing to fit."""

    def codes(self, offsets: Tensor) -> Tensor:
        return (offsets.detach() / self.step).round()

    def positions(self, offsets: Tensor) -> Tensor:
        return offsets / self.step

    def offsets(self, codes: Tensor) -> Tensor:
        return codes * self.step

    def rounded(self, offsets: Tensor) -> Tensor:
        return self.offsets(self.codes(offsets))


def quantized(offsets: Tensor, bins: Bins, config: EncoderConfig) -> Tensor:
    """Offsets in steps, or their codes, as `config.output` and `config.quantization` say.

    `straight-through` is hard going forward and the identity going back (Bengio et al. 2013,
    arXiv:1308.3432).

    Returns:
        (..., L, C), NaN where unseen.
    """
    is_code, way = config.output == "codes", config.quantization
    if way == "hard":
        return bins.codes(offsets) if is_code else bins.rounded(offsets)
    positions = bins.positions(offsets)
    if way == "soft":
        codes = soft_round(positions, temperature=config.temperature)
        return codes if is_code else bins.offsets(codes)
    if is_code:
        return straight_through(bins.codes(offsets), positions)
    return straight_through(bins.rounded(offsets), offsets)


def soft_round(positions: Tensor, *, temperature: float) -> Tensor:
    """Codes shared out softly between the two nearest bin centres.

    A temperature near 0 rounds, a high one leaves positions as they are. Source: the soft rounding
    of Agustsson and Theis 2020, arXiv:2006.09952, eq. 8, with 1 / temperature for alpha.
    """
    unseen = positions.detach() * 0  # NaN there, and no gradient may become so
    seen = positions.nan_to_num()
    below = seen.floor()
    bend = ((seen - below - 0.5) / temperature).tanh()
    return below + 0.5 + 0.5 * bend / math.tanh(0.5 / temperature) + unseen


def straight_through(hard: Tensor, soft: Tensor) -> Tensor:
    """`hard`, bit by bit, with the gradient of `soft`."""
    return hard.detach() + (soft - soft.detach()) if soft.requires_grad else hard


def fitted_range(sample: OffsetSample, config: EncoderConfig) -> tuple[Tensor, Tensor]:
    """(L, C) beginnings and ends: the very extremes, or quantiles that no outlier moves."""
    if config.range == "minmax":
        return sample.low, sample.high
    low, high = seen_quantiles(sample.offsets, [config.range_tail, 1 - config.range_tail])
    return low, high


def equal_edges(values: Tensor, n_bins: int) -> list[float]:
    """The `n_bins` - 1 edges between equally full bins of (N,) values."""
    shares = [k / n_bins for k in range(1, n_bins)]
    return seen_quantiles(values, shares).tolist() if shares else []


def merged(edges: list[float], low: float, high: float, *, narrowest: float) -> list[float]:
    """Edges that leave no bin between `low` and `high` as narrow as `narrowest`, or empty."""
    kept: list[float] = []
    for edge in edges:
        if edge - (kept[-1] if kept else low) > narrowest and high - edge > narrowest:
            kept.append(edge)
    return kept


def _ramps(x: Tensor, starts: Tensor, slopes: Tensor, heights: Tensor) -> Tensor:
    """Sum over K of ramps that rise by `heights` from `starts` on: a staircase or a polyline.

    Arithmetic where comparisons would do: it is faster than booleans, and NaN stays NaN. One buffer
    a ramp, which nobody else has seen yet, is reused: most of the time would go into new ones.

    Args:
        x: (..., L, C).
        starts: (K, L, C); infinite where there is no ramp.
        slopes: (K, L, C) before the height.
        heights: (K, L, C).
    """
    total = x * 0
    for start, slope, height in zip(starts, slopes, heights, strict=True):
        total.addcmul_((x - start).mul_(slope).clamp_(0, 1), height)
    return total
