"""`signkit lm` against KenLM: the same model, and the speed of the rows that beam search asks for.

    python benchmarks/language_model.py [SENTENCES.txt] [--lmplz PATH]

Without a text, 20,000 generated sentences over 2,000 glosses are used. Where KenLM's `lmplz` is on
the PATH or given, its ARPA file (with `--discount_fallback`) must have the same n-grams for orders
2 to 6, each within 2e-6 of ours in log10. Where the Python package `kenlm` is installed (`pip
install kenlm`), it loads our file, must give 50 rows the same values, and is timed filling rows
word by word, as decoders do that call it.
"""

import argparse
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

import numpy as np

from signkit.lm import NgramModel, estimate, read_arpa, read_sentences, write_arpa

N_STATES = 2_000
CLOSE = 2e-6


def main() -> None:
    """Print the times, and the comparisons that can be made here."""
    parser = argparse.ArgumentParser()
    parser.add_argument("sentences", nargs="?", type=Path)
    parser.add_argument("--lmplz", default=shutil.which("lmplz"))
    options = parser.parse_args()
    sentences = read_sentences(options.sentences) if options.sentences else made_sentences()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ours.arpa"
        if options.lmplz:
            for order in range(2, 7):
                against_lmplz(options.lmplz, sentences, order, Path(folder))
        else:
            print("lmplz is not here; its ARPA files are not compared")
        spent, model = timed(estimate, sentences, order=3)
        print(f"estimate {spent:.2f} s, {len(sentences)} sentences, n-grams {model.n_grams}")
        print(f"write {timed(write_arpa, model, path)[0]:.2f} s", end=", ")
        spent, model = timed(read_arpa, path)
        print(f"read {spent:.2f} s")
        time_rows(model, path)


def timed(call: Any, *arguments: Any, **options: Any) -> tuple[float, Any]:
    """Processor seconds and the result."""
    started = process_time()
    result = call(*arguments, **options)
    return process_time() - started, result


def against_lmplz(lmplz: str, sentences: Any, order: int, folder: Path) -> None:
    """Both models of one order; an AssertionError where they differ."""
    text, theirs = folder / "sentences.txt", folder / "theirs.arpa"
    text.write_text("".join(f"{' '.join(s)}\n" for s in sentences), encoding="utf-8")
    command = [lmplz, "-o", str(order), "-S", "500M", "-T", str(folder), "--discount_fallback"]
    subprocess.run(
        [*command, "--text", str(text), "--arpa", str(theirs)], check=True, capture_output=True
    )
    write_arpa(estimate(sentences, order=order), folder / "ours.arpa")
    expected, found = (entries(read_arpa(path)) for path in (theirs, folder / "ours.arpa"))
    assert expected.keys() == found.keys()
    worst = max(
        abs(a - b) for gram in found for a, b in zip(expected[gram], found[gram], strict=True)
    )
    assert worst < CLOSE
    print(f"order {order}: {len(found)} n-grams as lmplz has them, log10 within {worst:.1e}")


def entries(model: NgramModel) -> dict[tuple[str, ...], tuple[float, float]]:
    """log10 P and log10 back-off weight of each n-gram; lmplz writes 0 for `<s>`, others -99."""
    grams = [
        tuple(model.words[i] for i in ids)
        for n in range(1, model.order + 1)
        for ids in model.tree.words_of(n)
    ]
    values = np.stack([model.log_probs, model.back_offs], axis=1)[1:] / np.log(10)
    table = dict(zip(grams, map(tuple, values.tolist()), strict=True))
    table["<s>",] = (0.0, table["<s>",][1])
    return table


def time_rows(model: NgramModel, path: Path) -> None:
    """Rows of `N_STATES` histories of two glosses, new and kept, and by kenlm word by word."""
    glosses = [word for word in model.words if word in model]
    rng = np.random.default_rng(0)
    histories = rng.integers(len(glosses), size=(N_STATES, 2))
    states = np.zeros(N_STATES, dtype=np.int64)
    for column in histories.T:
        words = np.array([model.id_of(glosses[i]) for i in column])
        _, states = model.step(states, words)
    model.bind(glosses)
    new, (rows, _) = timed(model.rows, states)
    kept, _ = timed(model.rows, states)
    cells = f"{N_STATES} rows of {len(glosses)} glosses"
    print(f"{cells}: {1e3 * new:.1f} ms new, {1e3 * kept:.1f} ms kept")
    try:
        import kenlm
    except ImportError:
        print("kenlm is not installed; its queries are not compared")
        return
    theirs = kenlm.Model(str(path))
    few = slice(0, 50)
    spent, expected = timed(kenlm_rows, theirs, glosses, histories[few])
    np.testing.assert_allclose(rows[few], expected, atol=1e-4)
    ratio = spent / few.stop / (new / N_STATES)
    print(f"kenlm word by word: {1e3 * spent / few.stop * N_STATES:.0f} ms, ratio {ratio:.0f}")


def kenlm_rows(model: Any, glosses: list[str], histories: Any) -> Any:
    """(n, glosses) ln P by kenlm, one call a gloss."""
    import kenlm

    rows = np.empty((len(histories), len(glosses)), dtype=np.float32)
    after = kenlm.State()
    for i, history in enumerate(histories):
        state, following = kenlm.State(), kenlm.State()
        model.NullContextWrite(state)
        for gloss in history:
            model.BaseScore(state, glosses[gloss], following)
            state, following = following, state
        for column, gloss in enumerate(glosses):
            rows[i, column] = model.BaseScore(state, gloss, after)
    return rows * np.log(10)


def made_sentences() -> list[tuple[str, ...]]:
    """2,000 glosses by Zipf's law, which often follow one another in the same order."""
    rng = np.random.default_rng(0)
    share = 1 / np.arange(1, 2001)
    sentences = []
    for _ in range(20_000):
        ids = rng.choice(2000, size=rng.integers(1, 10), p=share / share.sum())
        for i in np.flatnonzero(rng.uniform(size=len(ids)) < 0.5)[1:]:
            ids[i] = (ids[i - 1] * 7 + 1) % 2000
        sentences.append(tuple(f"G{i:04d}" for i in ids))
    return sentences


if __name__ == "__main__":
    main()
