import json

import pytest

from signkit.cli.main import run


def test_doctor_as_json_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["doctor", "--json"])
    record = json.loads(capsys.readouterr().out)
    assert code == (0 if record["healthy"] else 4)
    assert {"python", "signkit", "torch", "cv2", "cpu", "disk"} <= {
        check["name"] for check in record["checks"]
    }


def test_doctor_prints_a_line_for_each_check(capsys: pytest.CaptureFixture[str]) -> None:
    run(["doctor"])
    out = capsys.readouterr().out
    assert out.startswith("ok")
    assert "signkit" in out
