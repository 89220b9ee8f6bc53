"""The sentences a language model is estimated from or measured on."""

from pathlib import Path

from signkit.clip import SPLITS
from signkit.dataset import PoseDataset
from signkit.errors import LanguageModelError

Sentences = list[tuple[str, ...]]


def read_sentences(path: Path) -> Sentences:
    """Sentences of a text file, one a line, glosses separated by white space.

    Empty lines are left out.

    Raises:
        LanguageModelError: There is no such file, it is not UTF-8 text, or it is empty.
    """
    how = "expected UTF-8 text with one sentence a line, its glosses separated by spaces"
    if not path.is_file():
        raise LanguageModelError(f"no text file at {path}; {how}")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise LanguageModelError(f"{path} is not UTF-8 text; {how}") from error
    sentences = [tuple(line.split()) for line in text.split("\n") if line.strip()]
    if not sentences:
        raise LanguageModelError(f"{path} has no sentence; {how}")
    return sentences


def split_sentences(dataset: PoseDataset, *, split: str = "train") -> Sentences:
    """Glosses of each clip of a split that has some; poses are not needed.

    Raises:
        LanguageModelError: The split has no clip with glosses.
    """
    if split not in SPLITS:
        raise LanguageModelError(f"there is no split {split!r}; choose train, dev or test")
    clips = dataset.clips.where(split=split, with_glosses=True)
    if clips:
        return [clip.glosses for clip in clips]
    counts = {name: len(dataset.clips.where(split=name)) for name in SPLITS}
    n_clips = counts[split]
    if not n_clips:
        raise LanguageModelError(
            f"{dataset.path} has no clip in split {split!r} (train {counts['train']}, "
            f"dev {counts['dev']}, test {counts['test']}); set the split column of clips.csv or "
            "run 'signkit split'"
        )
    raise LanguageModelError(
        f"no clip of split {split!r} in {dataset.path} has glosses ({n_clips} clips); fill in the "
        "glosses of clips.csv, choose another split or give a text file"
    )
