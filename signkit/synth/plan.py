"""Who signs what: the list of clips of a corpus, settled before anything is drawn."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from signkit.clip import Clip
from signkit.errors import DatasetError
from signkit.synth.lexicon import Lexicon, make_lexicon
from signkit.synth.motion import Performance
from signkit.synth.signer import Signer, make_signers

LANGUAGE = "x-synthetic"
MODES = ("isolated", "continuous")
_SHORTEST, _LONGEST = 2, 5
_LENGTH_ODDS = (0.25, 0.35, 0.25, 0.15)
_REPEAT_ODDS = 0.08
_OWN_SENTENCES = 0.25
_CLIP_SEED = 7100


@dataclass(frozen=True)
class CorpusSettings:
    """Everything that decides what a corpus contains; kept in its `synth.json`.

    Args:
        mode: `isolated`, one gloss per clip, or `continuous`, sentences of 2 to 5 glosses.
        n_signers, n_glosses, n_clips: Sizes.
        render: Videos with known landmarks, or only landmarks as an extractor would give them.
        seed: Decides lexicon, signers, sentences and every performance.
        fps: Frames per second.
        width_px, height_px: The frame; even numbers, as H.264 wants them.

    Raises:
        DatasetError: A value is impossible.
    """

    mode: str
    n_signers: int
    n_glosses: int
    n_clips: int
    render: bool
    seed: int
    fps: float
    width_px: int
    height_px: int

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise DatasetError(f"mode {self.mode!r} is unknown; expected {' or '.join(MODES)}")
        for name in ("n_signers", "n_clips"):
            if getattr(self, name) < 1:
                raise DatasetError(f"{name} is {getattr(self, name)}; expected 1 or more")
        if self.seed < 0:
            raise DatasetError(f"seed is {self.seed}; expected 0 or more")
        if not 5 <= self.fps <= 240:
            raise DatasetError(f"fps is {self.fps:g}; expected 5 to 240")
        for name in ("width_px", "height_px"):
            size = getattr(self, name)
            if not 64 <= size <= 4096 or size % 2:
                raise DatasetError(f"{name} is {size}; expected an even number from 64 to 4096")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class PlannedClip:
    """One clip to make: its row of the clip table and the performance it shows."""

    clip: Clip
    performance: Performance


@dataclass(frozen=True)
class CorpusPlan:
    """The lexicon and every clip of a corpus, in the order of its clip table."""

    settings: CorpusSettings
    lexicon: Lexicon
    clips: tuple[PlannedClip, ...]


def plan_corpus(settings: CorpusSettings) -> CorpusPlan:
    """Deal glosses or sentences to the signers.

    Raises:
        DatasetError: The lexicon cannot have that many glosses.
    """
    lexicon = make_lexicon(settings.n_glosses, seed=settings.seed)
    signers = make_signers(settings.n_signers, seed=settings.seed)
    deal = _deal_glosses if settings.mode == "isolated" else _deal_sentences
    dealt = deal(settings)
    takes: dict[tuple[str, tuple[int, ...]], int] = {}
    clips = []
    for number, sign_ids in enumerate(dealt):
        signer = signers[number % len(signers)]
        take = takes[signer.name, sign_ids] = takes.get((signer.name, sign_ids), 0) + 1
        clips.append(_plan_clip(settings, lexicon, signer, number, sign_ids, take))
    return CorpusPlan(settings, lexicon, tuple(clips))


def _plan_clip(
    settings: CorpusSettings,
    lexicon: Lexicon,
    signer: Signer,
    number: int,
    sign_ids: tuple[int, ...],
    take: int,
) -> PlannedClip:
    glosses = tuple(lexicon.glosses[sign_id] for sign_id in sign_ids)
    what = glosses[0] if settings.mode == "isolated" else f"{number:05d}"
    clip_id = f"{signer.name}-{what}-{take:02d}"
    clip = Clip(
        clip_id=clip_id,
        video=f"videos/{clip_id}.mp4" if settings.render else "",
        glosses=glosses,
        signer=signer.name,
        language=LANGUAGE,
    )
    return PlannedClip(clip, Performance(signer, sign_ids, (settings.seed, _CLIP_SEED, number)))


def _deal_glosses(settings: CorpusSettings) -> list[tuple[int, ...]]:
    """Every gloss by every signer as evenly as may be; clip i is by signer i mod n."""
    rng = np.random.default_rng([settings.seed, 7003])
    order = rng.permutation(settings.n_glosses)
    per_signer = -(-settings.n_clips // settings.n_signers)
    dealt: list[tuple[int, ...]] = []
    for number in range(settings.n_clips):
        turn, signer = divmod(number, settings.n_signers)
        # Signers begin at different glosses, so a short corpus still holds every gloss.
        dealt.append((int(order[(turn + signer * per_signer) % settings.n_glosses]),))
    return dealt


def _deal_sentences(settings: CorpusSettings) -> list[tuple[int, ...]]:
    """Sentences that signers share, and about a quarter that each signer has to himself."""
    rng = np.random.default_rng([settings.seed, 7004])
    per_signer = -(-settings.n_clips // settings.n_signers)
    n_own = round(_OWN_SENTENCES * per_signer)
    n_shared = max(1, per_signer - n_own)
    deck = _Deck(rng, settings.n_glosses)
    shared = [deck.sentence() for _ in range(n_shared)]
    own = [[deck.sentence() for _ in range(n_own)] for _ in range(settings.n_signers)]
    orders = [rng.permutation(n_shared + n_own) for _ in range(settings.n_signers)]
    dealt = []
    for number in range(settings.n_clips):
        turn, signer = divmod(number, settings.n_signers)
        place = orders[signer][turn % (n_shared + n_own)]
        dealt.append(shared[place] if place < n_shared else own[signer][place - n_shared])
    return dealt


class _Deck:
    """Deals sentences from a shuffled deck of glosses, so that all glosses are used alike."""

    def __init__(self, rng: np.random.Generator, n_glosses: int) -> None:
        self._rng = rng
        self._n_glosses = n_glosses
        self._cards: list[int] = []
        self._dealt: set[tuple[int, ...]] = set()

    def sentence(self) -> tuple[int, ...]:
        """A sentence not dealt before, unless a tiny lexicon has run out of them."""
        for _ in range(50):
            sentence = self._draw()
            if sentence not in self._dealt:
                break
        self._dealt.add(sentence)
        return sentence

    def _draw(self) -> tuple[int, ...]:
        lengths = range(_SHORTEST, _LONGEST + 1)
        length = int(self._rng.choice(lengths, p=_LENGTH_ODDS))
        glosses = [self._card()]
        while len(glosses) < length:
            repeats = self._rng.random() < _REPEAT_ODDS and glosses[-1] not in glosses[:-1]
            card = glosses[-1] if repeats else self._card()
            if repeats or card != glosses[-1]:
                glosses.append(card)
        return tuple(glosses)

    def _card(self) -> int:
        if not self._cards:
            self._cards = self._rng.permutation(self._n_glosses).tolist()
        return self._cards.pop()
