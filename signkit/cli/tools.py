"""Commands about the machine signkit runs on."""

import typer

from signkit.cli.data import CHECK_FAILED
from signkit.cli.options import Json, Weights
from signkit.cli.printing import print_diagnosis, print_json


def doctor(weights: Weights = None, as_json: Json = False) -> None:
    """Versions, extractor models, devices and codecs, and what to do about each gap."""
    from signkit.extract.mediapipe import TASK_FILE
    from signkit.extract.weights import WEIGHTS, find_weights, locate_weights
    from signkit.view import diagnose

    folder = weights if weights and weights.is_dir() else None
    files = {
        weight.file_name: locate_weights(weight.file_name, explicit=folder)
        for weight in WEIGHTS.values()
    }
    diagnosis = diagnose({**files, TASK_FILE: find_weights(TASK_FILE, explicit=weights)})
    if as_json:
        print_json(diagnosis.to_json())
    else:
        print_diagnosis(diagnosis)
    if not diagnosis.is_healthy:
        raise typer.Exit(CHECK_FAILED)
