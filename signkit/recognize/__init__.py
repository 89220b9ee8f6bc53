"""Recognition: from poses to glosses with a trained run. `recognize` does a whole dataset,
`load_recognizer` single clips.
"""

from signkit.recognize.offline import LoadedRecognizer, load_recognizer, recognize

__all__ = ["LoadedRecognizer", "load_recognizer", "recognize"]
