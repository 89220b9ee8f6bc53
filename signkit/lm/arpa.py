r"""ARPA files: the text form of back-off models that every toolkit reads and writes.

`\data\` and `ngram K=N` lines, then for each order a `\K-grams:` section with lines of log10
probability, K words and, but for the highest order, an optional log10 back-off weight; then
`\end\`. Fields are separated by tabs or spaces, whatever stands before `\data\` is a comment, and
-99 stands for no probability at all. A file may be compressed with gzip under any name.
"""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from signkit.errors import LanguageModelError, one_line
from signkit.files import atomic_path
from signkit.lm.model import END, UNKNOWN, Floats, NgramModel
from signkit.lm.tree import Ints

ZERO = -99.0
ROUNDING = 1e-4
"""How far above 0 a log10 probability may be rounded."""
LN_10 = float(np.log(10.0))
_GZIP = b"\x1f\x8b"
_HOW = "write the file again, such as with 'signkit lm SOURCE --out FILE.arpa'"
_Line = tuple[int, list[bytes]]


def read_arpa(path: Path) -> NgramModel:
    """The model of an ARPA file, plain or compressed with gzip.

    `<UNK>` is read as `<unk>`. A model without it gives glosses that it does not know no
    probability.

    Raises:
        LanguageModelError: There is no such file, or it breaks a rule; the message names the line.
    """
    return _Reader(path).model()


def write_arpa(model: NgramModel, path: Path) -> None:
    """Write an ARPA file, whole or not at all; with gzip where its name ends in `.gz`.

    Equal models give equal bytes.
    """
    text = "".join(_lines_of(model)).encode()
    with atomic_path(path) as temporary:
        # no time and no name inside, as equal models shall give equal files
        temporary.write_bytes(gzip.compress(text, mtime=0) if path.suffix == ".gz" else text)


def _lines_of(model: NgramModel) -> Iterator[str]:
    tree = model.tree
    yield "\\data\\\n"
    for n, count in enumerate(model.n_grams, start=1):
        yield f"ngram {n}={count}\n"
    for n in range(1, tree.order + 1):
        yield f"\n\\{n}-grams:\n"
        nodes = tree.level(n)
        grams = tree.words_of(n).tolist()
        log_probs = (model.log_probs[nodes] / LN_10).tolist()
        weights = (model.back_offs[nodes] / LN_10).tolist()
        has_weight = (tree.n_children[nodes] > 0).tolist()
        for ids, log_prob, weight, shown in zip(grams, log_probs, weights, has_weight, strict=True):
            gram = " ".join(model.words[i] for i in ids)
            tail = f"\t{_number(weight)}" if shown or weight else ""
            yield f"{_number(log_prob)}\t{gram}{tail}\n"
    yield "\n\\end\\\n"


def _number(log10: float) -> str:
    return f"{max(log10, ZERO):.7g}"


class _Reader:
    """Reads one file; knows its name and line for messages."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = self._fields()
        self._number = 0
        self._id_of: dict[bytes, int] = {}

    def model(self) -> NgramModel:
        """The model, with the words in the order of the file."""
        counts, marker = self._header()
        keys = np.zeros(0, dtype=np.int64)
        log_probs, weights = np.zeros(0), np.zeros(0)
        for n, count in enumerate(counts, start=1):
            if marker != f"\\{n}-grams:".encode():
                raise self._wrong(f"found {_shown(marker)}, expected \\{n}-grams:")
            ids, values, marker = self._section(n, count)
            new, rows = self._sorted(ids, keys) if n > 1 else (ids[:, 0], slice(None))
            keys = np.concatenate([keys, new])
            log_probs = np.concatenate([log_probs, values[rows, 0]])
            weights = np.concatenate([weights, values[rows, 1]])
        if marker != b"\\end\\":
            raise self._wrong(f"found {_shown(marker)}, expected \\end\\ after the n-grams")
        words = [self._text(word) for word in self._id_of]
        if UNKNOWN not in words:
            words = [UNKNOWN if word == UNKNOWN.upper() else word for word in words]
        if END not in words:
            raise LanguageModelError(
                f"{self._path}: the language model has no {END}; expected a model of whole "
                "sentences, so estimate it from one sentence a line"
            )
        return NgramModel(words, keys, log_probs, weights)

    def _header(self) -> tuple[list[int], bytes]:
        """How many n-grams of each order there are, and the line after that."""
        if not any(fields == [b"\\data\\"] for fields in self._lines):
            raise LanguageModelError(
                f"{self._path} has no \\data\\ line; expected an ARPA language model, such as "
                "'signkit lm SOURCE --out FILE.arpa' writes"
            )
        counts: list[int] = []
        for fields in self._lines:
            if fields[0].startswith(b"\\"):
                if not counts or not counts[0]:
                    raise self._wrong("the header counts no words; expected 'ngram 1=N'")
                return counts, fields[0]
            n, _, count = b"".join(fields).removeprefix(b"ngram").partition(b"=")
            is_next = fields[0] == b"ngram" and n == b"%d" % (len(counts) + 1)
            if not (is_next and count.isdigit() and len(count) < 19):  # fits into 64 bits
                raise self._wrong(
                    f"found {_shown(b' '.join(fields))}, expected 'ngram {len(counts) + 1}=N'"
                )
            counts.append(int(count))
        raise self._cut_off()

    def _section(self, n: int, count: int) -> tuple[Ints, Floats, bytes]:
        """(count, n) word ids, (count, 2) ln P and back-off weights, and the line after them."""
        ids: list[list[int]] = []
        values: list[tuple[float, float]] = []
        for fields in self._lines:
            if fields[0].startswith(b"\\") and len(fields) == 1:
                if len(ids) != count:
                    raise self._wrong(
                        f"the header says {count} {n}-grams, but there are {len(ids)}; the file "
                        "was cut or edited"
                    )
                shape = np.array(ids, dtype=np.int64).reshape(-1, n)
                return shape, np.array(values).reshape(-1, 2), fields[0]
            if not n + 1 <= len(fields) <= n + 2:
                raise self._wrong(
                    f"found {len(fields)} fields, expected log10 P, {n} words and perhaps a "
                    "back-off weight"
                )
            ids.append(self._ids(fields[1 : n + 1]))
            values.append(self._values(fields[0], *fields[n + 1 :]))
        raise self._cut_off()

    def _ids(self, words: list[bytes]) -> list[int]:
        if len(words) == 1:
            if words[0] in self._id_of:
                raise self._wrong(f"repeats the word {_shown(words[0])}; keep one")
            self._id_of[words[0]] = len(self._id_of)
        try:
            return [self._id_of[word] for word in words]
        except KeyError as error:
            raise self._wrong(
                f"the word {_shown(error.args[0])} is not among the 1-grams"
            ) from None

    def _values(self, log10: bytes, weight: bytes = b"0") -> tuple[float, float]:
        """Natural logarithms."""
        try:
            log_prob, back_off = float(log10), float(weight)
        except ValueError:
            raise self._wrong(
                f"{_shown(log10)} and {_shown(weight)} are not both numbers"
            ) from None
        if not (log_prob <= ROUNDING and back_off <= -ZERO):  # also where it is no number
            raise self._wrong(
                f"log10 P is {_shown(log10)} and the back-off weight {_shown(weight)}; expected a "
                f"P of at most 1 and a weight of at most {-ZERO:g}"
            )
        return _natural(min(log_prob, 0.0)), _natural(back_off)

    def _sorted(self, ids: Ints, keys: Ints) -> tuple[Ints, Ints]:
        """Keys of n-grams, growing, and which line each is from."""
        n_words = len(self._id_of)
        nodes = ids[:, 0] + 1
        for column in range(1, ids.shape[1] - 1):
            nodes = self._follow(nodes, keys, ids[:, : column + 1])
        found = nodes * n_words + ids[:, -1]
        rows = np.argsort(found, kind="stable")
        found = found[rows]
        repeated = np.flatnonzero(found[1:] == found[:-1])
        if len(repeated):
            gram = self._gram(ids[rows[repeated[0]]])
            raise LanguageModelError(f"{self._path} has the n-gram '{gram}' twice; keep one")
        return found, rows

    def _follow(self, nodes: Ints, keys: Ints, ids: Ints) -> Ints:
        """Nodes of the n-grams `ids`, whose shorter ones are `nodes`; each must be there."""
        wanted = nodes * len(self._id_of) + ids[:, -1]
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        missing = np.flatnonzero(keys[at] != wanted)
        if len(missing):
            raise LanguageModelError(
                f"{self._path} has no n-gram '{self._gram(ids[missing[0]])}', but longer ones that "
                f"begin with it; {_HOW}"
            )
        return at + 1

    def _gram(self, ids: Ints) -> str:
        words = list(self._id_of)
        return " ".join(self._text(words[i]) for i in ids)

    def _text(self, word: bytes) -> str:
        try:
            return word.decode()
        except UnicodeDecodeError:
            raise LanguageModelError(
                f"{self._path}: the word {_shown(word)} is not UTF-8; save the file as UTF-8"
            ) from None

    def _fields(self) -> Iterator[list[bytes]]:
        """Fields of each line that is not empty; counts lines on the way."""
        for line in self._content().removeprefix(b"\xef\xbb\xbf").split(b"\n"):
            self._number += 1
            if fields := line.split():  # at ASCII spaces only: a gloss may contain other ones
                yield fields

    def _content(self) -> bytes:
        if not self._path.is_file():
            raise LanguageModelError(
                f"no file at {self._path}; expected an ARPA language model, such as 'signkit lm "
                "SOURCE --out FILE.arpa' writes"
            )
        content = self._path.read_bytes()
        if not content.startswith(_GZIP):
            return content
        try:
            return gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise LanguageModelError(
                f"{self._path} is damaged: {one_line(error)}; {_HOW}"
            ) from error

    def _cut_off(self) -> LanguageModelError:
        return self._wrong("the file ends before \\end\\; it was cut off")

    def _wrong(self, problem: str) -> LanguageModelError:
        return LanguageModelError(f"{self._path} line {self._number}: {problem}; {_HOW}")


def _natural(log10: float) -> float:
    return log10 * LN_10 if log10 > ZERO else -np.inf


def _shown(text: bytes) -> str:
    return repr(text.decode(errors="replace"))
