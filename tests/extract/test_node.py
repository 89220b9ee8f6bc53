"""A worker on another machine: what it takes over from the process that started the job."""

import os
import sys

from signkit.extract import node
from signkit.extract.executors import usable_cpus
from signkit.extract.node import Home, claim_cpu


def test_every_core_is_claimed_once(tmp_path, monkeypatch):
    monkeypatch.setattr(node, "gettempdir", lambda: str(tmp_path))
    cpus = usable_cpus()
    assert [claim_cpu() for _ in range(len(cpus) + 1)] == [*cpus, None]


def test_a_worker_finds_files_and_modules_where_the_job_does(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["own", "shared"])
    monkeypatch.setenv("SIGNKIT_WEIGHTS", "own")
    away = tmp_path / "away"
    away.mkdir()

    Home(str(away), ("theirs", "shared"), "theirs").take_over()
    assert (os.getcwd(), sys.path) == (str(away), ["theirs", "shared", "own"])
    assert os.environ["SIGNKIT_WEIGHTS"] == "theirs"

    Home(str(tmp_path / "not here"), (), None).take_over()
    assert (os.getcwd(), os.environ["SIGNKIT_WEIGHTS"]) == (str(away), "theirs")
