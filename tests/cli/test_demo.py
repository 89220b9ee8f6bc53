import json
from pathlib import Path

import pytest

from signkit.cli import demo
from signkit.cli.demo import DemoPlan
from signkit.cli.main import run

TINY = DemoPlan("isolated", n_signers=4, n_glosses=3, n_clips=12, overrides=("train.epochs=1",))


@pytest.mark.slow
@pytest.mark.mediapipe
@pytest.mark.usefixtures("holistic_model")
def test_the_journey_ends_with_a_score_and_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "PLANS", (TINY,))
    command = ["demo", str(tmp_path), "--workers", "1", "--device", "cpu", "--quiet", "--json"]
    assert run(command) == 0
    first = capsys.readouterr()
    assert first.err == ""
    report = json.loads(first.out)["isolated"]
    assert (report["n_clips"], report["missing"]) == (6, [])
    assert "signers:unseen" in report["signature"]
    poses = tmp_path / "isolated" / "poses" / "poses"
    shards = [path.stat().st_mtime_ns for path in poses.iterdir()]

    assert run(command) == 0
    assert json.loads(capsys.readouterr().out)["isolated"] == report
    assert [path.stat().st_mtime_ns for path in poses.iterdir()] == shards
