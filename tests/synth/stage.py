"""One signer, one camera, some signs: what most tests of the generated corpus start from."""

from dataclasses import replace

from signkit.synth.body import Body, Measures, Targets, pose_body
from signkit.synth.camera import Camera
from signkit.synth.choreography import choreograph
from signkit.synth.lexicon import make_lexicon
from signkit.synth.motion import Performance, perform
from signkit.synth.signer import Signer, make_signers

FPS = 25.0
N_GLOSSES = 24
CHOREOGRAPHY = choreograph(make_lexicon(N_GLOSSES, seed=0))


def make_signer(number: int = 0, *, left_handed: bool = False) -> Signer:
    return replace(make_signers(number + 1, seed=0)[number], left_handed=left_handed)


def targets_of(signer: Signer, *sign_ids: int, seed: int = 0) -> Targets:
    performance = Performance(signer, sign_ids, (seed,))
    return perform([performance], CHOREOGRAPHY, fps=FPS)[0]


def body_of(signer: Signer, *sign_ids: int, seed: int = 0) -> Body:
    targets = targets_of(signer, *sign_ids, seed=seed)
    return pose_body(targets, Measures.of([signer], [len(targets.sway)]))


def camera_of(signer: Signer, width_px: int = 480, height_px: int = 360) -> Camera:
    return Camera.of(signer, width_px, height_px)
