"""Which clips the score page shows in full, and a card for each: alignment, times, and a player.

An alignment is a list that wraps, one item for each pair of glosses, whose direction the browser
takes from the first letter in it (`dir="auto"`); each gloss is isolated, so that neither direction
nor punctuation of one leaks into its neighbours. Time runs from left to right in every language.
Words that are ours, such as the letters S, D and I, come from the style sheet or from labels: as
text they would have a say in the direction.
"""

from collections.abc import Iterator, Mapping
from random import Random

from signkit.hypothesis import Hypothesis
from signkit.pose import PoseSequence
from signkit.report import ClipScore, Pair, Report
from signkit.view.page import escaped

N_WORST = 40
N_RANDOM = 10

KINDS = {"": "right", "S": "substituted", "D": "deleted", "I": "inserted"}

Hypotheses = Mapping[str, Hypothesis]


def worst_clips(report: Report, hypotheses: Hypotheses) -> tuple[ClipScore, ...]:
    """The clips with most errors; of equally many, shorter ones and surer mistakes first."""
    wrong = [clip for clip in report.clips if clip.errors]

    def badness(clip: ClipScore) -> tuple[int, int, float, str]:
        return (-clip.errors, len(clip.glosses), -_sureness(clip, hypotheses), clip.clip_id)

    return tuple(sorted(wrong, key=badness)[:N_WORST])


def random_clips(report: Report, hypotheses: Hypotheses) -> tuple[ClipScore, ...]:
    """Some of the other clips, always the same ones: how the recognizer does on an ordinary day."""
    worst = {clip.clip_id for clip in worst_clips(report, hypotheses)}
    others = [clip for clip in report.clips if clip.clip_id not in worst]
    return tuple(Random(report.seed).sample(others, min(N_RANDOM, len(others))))


def operation(pair: Pair) -> str:
    """S, D or I; empty for a gloss that was recognized."""
    reference, hypothesis = pair
    if reference is None:
        return "I"
    if hypothesis is None:
        return "D"
    return "" if reference == hypothesis else "S"


def key(*, has_players: bool) -> str:
    """What the colours mean and, where a pose can be played, what the keyboard does."""
    keys = (
        '<span class="js soft" hidden><kbd>space</kbd> plays, <kbd>←</kbd> <kbd>→</kbd> go frame '
        "by frame, <kbd>&lt;</kbd> <kbd>&gt;</kbd> change the speed of the clip in focus</span>"
    )
    return (
        '<p class="key"><span><b data-kind="S">S</b> substituted</span><span><b data-kind="D">D'
        '</b> deleted</span><span><b data-kind="I">I</b> inserted</span>'
        f"{keys if has_players else ''}</p>"
    )


def card(clip: ClipScore, hypothesis: Hypothesis | None, pose: PoseSequence | None) -> str:
    """One clip as a list item; what needs the script is hidden until the script shows it."""
    n_ref = len(clip.glosses)
    facts = [f"signer <bdi>{escaped(clip.signer)}</bdi>"] if clip.signer else []
    facts += [f"{counted(clip.errors, 'error')} in {counted(n_ref, 'gloss', 'glosses')}"]
    screen = _SCREEN if pose else '<p class="screen soft">no pose on this page</p>'
    return (
        f'<li class="clip" data-clip="{escaped(clip.clip_id)}">{screen}<div class="said">'
        f'<div class="facts"><h3 class="id" dir="auto">{escaped(clip.clip_id)}</h3>'
        f'<span class="soft">{" · ".join(facts)}</span></div>{alignment(clip)}'
        f"{_timeline(clip, hypothesis, pose)}{_CONTROLS if pose else ''}</div></li>\n"
    )


def alignment(clip: ClipScore) -> str:
    """Reference above hypothesis, pair by pair."""
    items, n_hyp = [], 0
    for pair in clip.pairs:
        kind = operation(pair)
        place = "" if pair[1] is None else f' data-place="{n_hyp}"'
        n_hyp += pair[1] is not None
        glosses = (f"<span>{escaped(gloss or '')}</span>" for gloss in pair)
        items.append(
            f'<li data-kind="{kind}"{place} aria-label="{escaped(_spoken(pair))}">'
            f"{''.join(glosses)}</li>"
        )
    if not items:
        return '<p class="soft">Nothing was signed and nothing recognized.</p>'
    return f'<ol class="pairs" dir="auto">{"".join(items)}</ol>'


_SCREEN = (
    '<canvas class="screen js" width="640" height="480" role="img" tabindex="0" hidden></canvas>'
)
_CONTROLS = (
    '<div class="controls js" role="group" aria-label="player" hidden>'
    '<button type="button" class="button" data-do="play">Play</button>'
    '<button type="button" class="button" data-do="back" aria-label="one frame back">‹</button>'
    '<button type="button" class="button" data-do="on" aria-label="one frame on">›</button>'
    '<select class="button" data-do="speed" aria-label="speed"><option value="0.25">¼ ×</option>'
    '<option value="0.5">½ ×</option><option value="1" selected>1 ×</option>'
    '<option value="2">2 ×</option></select><output class="soft"></output></div>'
)


def _spoken(pair: Pair) -> str:
    reference, hypothesis = pair
    kind = KINDS[operation(pair)]
    if kind == "substituted":
        return f"{reference}: recognized as {hypothesis}"
    return f"{reference if reference is not None else hypothesis}: {kind}"


def _timeline(clip: ClipScore, hypothesis: Hypothesis | None, pose: PoseSequence | None) -> str:
    """When each recognized gloss was signed, by the recognizer's word."""
    timed = hypothesis if hypothesis and _is_timed(hypothesis) else None
    edges = [time for span in timed.times_s for time in span] if timed else []
    if pose is not None and pose.n_frames:
        edges += [float(pose.time_s[0]), float(pose.time_s[0]) + pose.duration_s]
    if not edges or max(edges) <= min(edges):
        return ""
    low, high = min(edges), max(edges)
    spans = "".join(_spans(clip, timed, low, high)) if timed else ""
    return (
        f'<div class="timeline" dir="ltr" data-from="{low:.3f}" data-to="{high:.3f}">{spans}'
        f'</div><div class="ends soft" dir="ltr"><span>{low:.1f} s</span><span class="now"></span>'
        f"<span>{high:.1f} s</span></div>"
    )


def _spans(clip: ClipScore, timed: Hypothesis, low: float, high: float) -> Iterator[str]:
    kinds = _kinds(clip, timed)
    for place, (gloss, (start, end)) in enumerate(zip(timed.glosses, timed.times_s, strict=True)):
        note = f"{start:.2f} to {end:.2f} s"
        if len(timed.confidence) == len(timed.glosses):
            note += f", confidence {100 * timed.confidence[place]:.0f} %"
        left, width = (100 * part / (high - low) for part in (start - low, end - start))
        yield (
            f'<span data-kind="{kinds[place]}" data-place="{place}" data-from="{start:.3f}" '
            f'data-to="{end:.3f}" title="{escaped(gloss)}, {note}" '
            f'style="left:{left:.2f}%;width:{width:.2f}%"><bdi>{escaped(gloss)}</bdi></span>'
        )


def _is_timed(hypothesis: Hypothesis) -> bool:
    return 0 < len(hypothesis.glosses) == len(hypothesis.times_s)


def _kinds(clip: ClipScore, hypothesis: Hypothesis) -> list[str]:
    """S, I or nothing for every recognized gloss; unknown where a gloss profile changed them."""
    if clip.hypothesis != hypothesis.glosses:
        return ["?"] * len(hypothesis.glosses)
    return [operation(pair) for pair in clip.pairs if pair[1] is not None]


def _sureness(clip: ClipScore, hypotheses: Hypotheses) -> float:
    found = hypotheses.get(clip.clip_id)
    return sum(found.confidence) / len(found.confidence) if found and found.confidence else 0.0


def counted(n: int, one: str, many: str = "") -> str:
    """`1 clip`, `2,000 clips`."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"
