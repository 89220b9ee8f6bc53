import json
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from signkit.cli.main import run
from signkit.extract.weights import WEIGHTS, WeightFile

HASH = sha256(b"model").hexdigest()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def source(tmp_path: Path) -> Iterator[str]:
    """Address of a web server that offers the file net.onnx."""
    folder = tmp_path / "www"
    folder.mkdir()
    (folder / "net.onnx").write_bytes(b"model")
    handler = partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def net(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without model files that knows one; gives the place that file is to have."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("SIGNKIT_WEIGHTS", raising=False)
    for name in list(WEIGHTS):
        monkeypatch.delitem(WEIGHTS, name)
    weight = WeightFile("net", "net.onnx", f"{source}/net.onnx", "free", "dwpose", 5, HASH)
    monkeypatch.setitem(WEIGHTS, "net", weight)
    return tmp_path / "signkit" / "net.onnx"


def test_fetch_prints_the_place_and_tells_source_and_licence(
    net: Path, source: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["weights", "fetch", "net"]) == 0
    caught = capsys.readouterr()
    assert caught.out == f"{net}\n"
    first, bar, last = caught.err.splitlines()
    assert first == f"net.onnx from {source}/net.onnx, licence: free"
    assert bar.startswith("net 1/1")
    assert last == f"downloaded, sha256 {HASH} (as published)"
    assert run(["weights", "fetch", "net"]) == 0
    assert f"was there already, sha256 {HASH} (as published)" in capsys.readouterr().err


def test_fetch_goes_where_out_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["weights", "fetch", "net", "--out", str(tmp_path / "mine"), "--quiet"]) == 0
    caught = capsys.readouterr()
    assert (caught.out, caught.err) == (f"{tmp_path}/mine/net.onnx\n", "")


def test_path_finds_what_was_fetched_and_says_what_to_do_before(
    net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["weights", "path", "net"]) == 1
    caught = capsys.readouterr()
    assert caught.out == ""
    assert caught.err == (
        f"error: no net.onnx in {net.parent}; run 'signkit weights fetch net', or put the file at "
        f"{net}\n"
    )
    run(["weights", "fetch", "net", "--quiet"])
    capsys.readouterr()
    assert run(["weights", "path", "net"]) == 0
    assert capsys.readouterr().out == f"{net}\n"


def test_list_shows_what_is_there(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["weights", "list"]) == 0
    header, row = capsys.readouterr().out.splitlines()
    assert header.split() == ["name", "extractor", "MB", "licence", "file", "found"]
    assert row.split() == ["net", "dwpose", "0.0", "free", "net.onnx", "missing"]
    run(["weights", "fetch", "net", "--quiet"])
    capsys.readouterr()
    run(["weights", "list", "--json"])
    (record,) = json.loads(capsys.readouterr().out)
    assert (record["path"], record["sha256"], record["n_bytes"]) == (str(net), HASH, 5)


def test_verify_is_4_when_a_file_is_not_the_published_one(
    net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["weights", "fetch", "net", "--quiet"])
    capsys.readouterr()
    assert run(["weights", "verify"]) == 0
    assert capsys.readouterr().out == f"right  net  {net}  sha256 {HASH}  published\n"
    net.write_bytes(b"other")
    other = sha256(b"other").hexdigest()
    assert run(["weights", "verify", "net"]) == 4
    assert capsys.readouterr().out == (
        f"wrong  net  {net}  sha256 {other}  expected {HASH} (published)\n"
    )
    assert run(["weights", "verify", "--json"]) == 4
    assert json.loads(capsys.readouterr().out)[0]["status"] == "wrong"


def test_verify_prints_the_hash_of_a_file_that_has_none_published(
    net: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(WEIGHTS, "net", WeightFile("net", "net.onnx", "", "free", "dwpose"))
    net.parent.mkdir()
    net.write_bytes(b"model")
    assert run(["weights", "verify"]) == 0
    assert capsys.readouterr().out == f"unknown  net  {net}  sha256 {HASH}  none is published\n"


def test_nothing_found_is_nothing_to_verify(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["weights", "verify"]) == 0
    assert capsys.readouterr().out == ""
    assert run(["weights", "verify", "net"]) == 1
