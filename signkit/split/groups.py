"""What clips have in common: signer, sentence, session, source video. Clips with the same key are a
group.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from signkit.errors import DatasetError

if TYPE_CHECKING:
    import pandas as pd

Keys = NDArray[np.object_]


def _signer(frame: "pd.DataFrame") -> Keys:
    return _texts(frame, "signer")


def _sentence(frame: "pd.DataFrame") -> Keys:
    return _texts(frame, "glosses")


def _session(frame: "pd.DataFrame") -> Keys:
    session = _texts(frame, "session")
    return np.where(session == "", "", _texts(frame, "signer") + "\t" + session)


def _video(frame: "pd.DataFrame") -> Keys:
    return _texts(frame, "video")


def _url(frame: "pd.DataFrame") -> Keys:
    return _texts(frame, "x_url") if "x_url" in frame.columns else _nothing(frame)


GROUPS: dict[str, Callable[["pd.DataFrame"], Keys]] = {
    "signer": _signer,
    "sentence": _sentence,
    "session": _session,
    "video": _video,
    "url": _url,
}
"""Name -> (table) to the key of each clip, empty where it is not known."""

_COLUMNS = {"session": "session", "signer": "signer", "url": "x_url"}


def whole_groups(frame: "pd.DataFrame", group: str) -> Keys:
    """The key of each clip, for putting whole groups into one split.

    A clip without a video is a group of its own; a clip without glosses has an empty key, for
    nobody knows which sentence it is.

    Raises:
        DatasetError: The group of a clip is not known.
    """
    keys = GROUPS[group](frame)
    is_unknown = keys == ""
    if group == "video" and not is_unknown.all():
        return np.where(is_unknown, _texts(frame, "clip_id"), keys)
    if group == "sentence" or not is_unknown.any():
        return keys
    other = "sentence" if group == "signer" else "signer"
    raise DatasetError(
        f"{int(is_unknown.sum())} of {len(frame)} clips have no {group}; fill in the "
        f"{_COLUMNS.get(group, group)} column of clips.csv or split --by {other}"
    )


def _texts(frame: "pd.DataFrame", column: str) -> Keys:
    texts: Keys = frame[column].to_numpy(dtype=object)
    return texts


def _nothing(frame: "pd.DataFrame") -> Keys:
    return np.full(len(frame), "", dtype=object)
