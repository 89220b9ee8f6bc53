"""The generated corpus: signers and a lexicon that never were, signing on real video files.

lexicon (phonology) and signer (bodies, habits) -> choreography (keyframes) -> motion (targets over
time) -> body (joints) -> truth (known landmarks) and render (frames).
"""

from signkit.synth.accuracy import AccuracyTable, extraction_accuracy
from signkit.synth.corpus import SynthSummary, synthesize
from signkit.synth.lexicon import MAX_GLOSSES, Lexicon, Sign, make_lexicon

__all__ = [
    "MAX_GLOSSES",
    "AccuracyTable",
    "Lexicon",
    "Sign",
    "SynthSummary",
    "extraction_accuracy",
    "make_lexicon",
    "synthesize",
]
