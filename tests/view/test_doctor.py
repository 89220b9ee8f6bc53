import json
from pathlib import Path

import pytest

from signkit.view import Diagnosis, diagnose, doctor

TASK = "holistic_landmarker.task"


def status(diagnosis: Diagnosis, name: str) -> tuple[str, str]:
    check = next(check for check in diagnosis.checks if check.name == name)
    return check.status, check.found


def test_every_gap_says_what_to_do() -> None:
    diagnosis = diagnose({TASK: None})
    for check in diagnosis.checks:
        assert check.status in ("ok", "note", "problem")
        if check.status == "problem":
            assert check.remedy
    assert json.loads(json.dumps(diagnosis.to_json()))["healthy"] == diagnosis.is_healthy


def test_two_owners_of_cv2_are_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "cv2_owners", lambda: ["opencv-contrib-python", "opencv-python"])
    diagnosis = diagnose({TASK: None})
    assert not diagnosis.is_healthy
    assert status(diagnosis, "cv2") == (
        "problem",
        "from opencv-contrib-python and opencv-python",
    )


def test_mediapipe_needs_models_from_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_has_bundled_graph", lambda: False)
    assert status(diagnose({TASK: None}), "mediapipe models")[0] == "problem"
    found = status(diagnose({TASK: Path("models") / TASK}), "mediapipe models")
    assert found == ("ok", f"Tasks API with models/{TASK}")


def test_a_missing_package_has_its_install_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "REQUIRED", ("no-such-package",))
    diagnosis = diagnose({})
    check = next(check for check in diagnosis.checks if check.name == "no-such-package")
    assert (check.status, check.found) == ("problem", "not installed")
    assert check.remedy == "pip install no-such-package"
