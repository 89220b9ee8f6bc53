"""What a recognizer hears in clips, kept, so that many decoders can be tried on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

from signkit.batch import pack_alike
from signkit.dataset import PoseDataset
from signkit.decoding import DecoderConfig, LanguageModel
from signkit.recognize import LoadedRecognizer
from signkit.recognize.decode import Decoder
from signkit.recognize.offline import FRAMES_PER_BATCH
from signkit.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class Lattices:
    """Log probabilities of N clips, in batches of like length.

    Args:
        clip_ids: Ids of the clips of each batch.
        log_probs: (B, T', V) of each batch, on the CPU.
        lengths: (B,) steps of each batch.
        vocabulary: Of the recognizer.
    """

    clip_ids: tuple[tuple[str, ...], ...]
    log_probs: tuple[Tensor, ...]
    lengths: tuple[Tensor, ...]
    vocabulary: Vocabulary

    def decode(
        self, config: DecoderConfig, lm: LanguageModel | None = None
    ) -> dict[str, tuple[str, ...]]:
        """Clip id to what a decoder finds."""
        decoder = Decoder(config, self.vocabulary, lm)
        found: dict[str, tuple[str, ...]] = {}
        for ids, log_probs, lengths in zip(
            self.clip_ids, self.log_probs, self.lengths, strict=True
        ):
            candidates = decoder(log_probs, lengths, times=False)
            found |= {
                clip_id: self.vocabulary.decode(best[0].ids)
                for clip_id, best in zip(ids, candidates, strict=True)
            }
        return found


def make_lattices(
    recognizer: LoadedRecognizer,
    dataset: PoseDataset,
    clip_ids: Sequence[str],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Lattices:
    """The log probabilities of a continuous recognizer for some clips.

    Args:
        recognizer: Its decoder is not looked at.
        dataset: Has the poses.
        clip_ids: Which ones.
        progress: Called with (clips done, clips in all).
    """
    n_frames, fps = dataset.lengths(clip_ids)
    lengths = (n_frames / fps * recognizer.checkpoint.fps).round().astype(int).tolist()
    ids: list[tuple[str, ...]] = []
    values: list[Tensor] = []
    steps: list[Tensor] = []
    for chosen in pack_alike(lengths, max_frames=FRAMES_PER_BATCH):
        ids.append(tuple(clip_ids[i] for i in chosen))
        log_probs, n_steps = recognizer.log_probs(list(dataset.poses(ids[-1])))
        values.append(log_probs)
        steps.append(n_steps)
        if progress is not None:
            progress(sum(map(len, ids)), len(clip_ids))
    return Lattices(tuple(ids), tuple(values), tuple(steps), recognizer.checkpoint.vocabulary)
