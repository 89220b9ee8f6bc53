"""Recognition: from poses to glosses with a trained run. `recognize` does a whole dataset,
`load_recognizer` single clips, `decode` log probabilities.
"""

from signkit.recognize.decode import Candidate, Decoder, decode
from signkit.recognize.offline import LoadedRecognizer, load_recognizer, recognize

__all__ = ["Candidate", "Decoder", "LoadedRecognizer", "decode", "load_recognizer", "recognize"]
