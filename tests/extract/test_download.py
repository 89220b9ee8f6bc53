"""Model files arrive whole and right, or not at all; the server is a real one on this machine."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from os import utime
from threading import Event, Thread
from zipfile import ZipFile

import pytest

from signkit.errors import DatasetError, WeightsError
from signkit.extract import download
from signkit.extract.download import fetch_weights
from signkit.extract.weights import WeightFile

MODEL = bytes(range(256)) * 20
HASH = sha256(MODEL).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Serves what the test put into `server.files`; a path that begins with /cut breaks off."""

    def do_GET(self) -> None:
        body = self.server.files.get(self.path)
        if body is None:
            self.send_error(404, "Not Found")
            return
        self.server.n_requests += 1
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.path.startswith(("/cut", "/slow")):
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            if self.path.startswith("/slow"):
                self.server.half_sent.set()
                self.server.stop.wait(20)
        else:
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.files, server.n_requests = {}, 0
        server.half_sent, server.stop = Event(), Event()
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.stop.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def offer(server):
    """Puts bytes on the server; gives the `WeightFile` that points to them."""

    def put(body=MODEL, *, path="/net.onnx", **known):
        server.files[path] = body
        url = f"http://127.0.0.1:{server.server_port}{path}"
        return WeightFile("net", "net.onnx", url, "Apache-2.0", "dwpose", **known)

    return put


def zipped(**members):
    archive = BytesIO()
    with ZipFile(archive, "w") as bundle:
        for name, content in members.items():
            bundle.writestr(f"20230928/{name}.onnx", content)
    return archive.getvalue()


def message_of(weight, folder):
    with pytest.raises(WeightsError) as error:
        fetch_weights(weight, folder)
    assert list(folder.iterdir()) == []
    return str(error.value)


def test_a_right_file_arrives_and_is_not_fetched_twice(tmp_path, offer, server):
    weight = offer(n_bytes=len(MODEL), sha256=HASH)
    first = fetch_weights(weight, tmp_path / "models")
    again = fetch_weights(weight, tmp_path / "models")
    assert first.path.read_bytes() == MODEL
    assert (first.is_new, first.is_published, first.sha256) == (True, True, HASH)
    assert (again.is_new, again.path, server.n_requests) == (False, first.path, 1)


def test_it_goes_to_the_cache_by_default(tmp_path, offer, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert fetch_weights(offer()).path == tmp_path / "signkit" / "net.onnx"


def test_progress_ends_with_the_whole(tmp_path, offer, monkeypatch):
    monkeypatch.setattr(download, "BLOCK_BYTES", 1024)
    told = []
    fetch_weights(offer(), tmp_path, progress=lambda *n: told.append(n))
    assert told == [(n, len(MODEL)) for n in range(1024, len(MODEL) + 1, 1024)]


def test_a_wrong_file_is_not_kept(tmp_path, offer):
    weight = offer(sha256="0" * 64)
    assert message_of(weight, tmp_path) == (
        f"{weight.url} gave a file with sha256 {HASH}, expected {'0' * 64}; nothing was kept"
    )
    weight = offer(n_bytes=7)
    assert message_of(weight, tmp_path) == (
        f"{weight.url} gave 5120 bytes, expected 7; nothing was kept"
    )


def test_half_a_file_is_not_kept(tmp_path, offer):
    weight = offer(path="/cut.onnx")
    assert message_of(weight, tmp_path) == (
        f"{weight.url} broke off after 2560 of 5120 bytes; nothing was kept, run the command again"
    )


def test_a_source_that_is_gone_says_what_to_put_where(tmp_path, offer, server):
    weight = offer()
    server.files.clear()
    assert message_of(weight, tmp_path) == (
        f"cannot download {weight.url} (HTTP 404 Not Found); download it on a machine that can, "
        f"and put it at {tmp_path}/net.onnx"
    )


def test_offline_it_says_what_to_put_where(tmp_path):
    url = "http://127.0.0.1:1/net.zip"
    weight = WeightFile("net", "net.onnx", url, "", "", archive_member="end2end.onnx")
    assert message_of(weight, tmp_path) == (
        f"cannot download {url} ([Errno 111] Connection refused); download it on a machine that "
        f"can, and put end2end.onnx from inside it at {tmp_path}/net.onnx"
    )


def test_a_server_that_falls_silent_is_given_up(tmp_path, offer, server, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT_S", 0.1)
    weight = offer(path="/slow.onnx")
    assert message_of(weight, tmp_path).startswith(f"cannot download {weight.url} (timed out);")


def test_the_member_of_a_zip_is_what_is_kept(tmp_path, offer):
    body = zipped(readme=b"", end2end=MODEL)
    weight = offer(body, path="/net.zip", archive_member="end2end.onnx", sha256=HASH)
    assert fetch_weights(weight, tmp_path).path.read_bytes() == MODEL
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]


@pytest.mark.parametrize("body", [b"<html>sign in first</html>", zipped(other=MODEL)])
def test_a_zip_without_the_member_is_not_kept(tmp_path, offer, body):
    weight = offer(body, path="/net.zip", archive_member="end2end.onnx")
    assert message_of(weight, tmp_path) == (
        f"{weight.url} is not a zip with end2end.onnx in it; nothing was kept"
    )


def test_without_a_published_hash_the_first_copy_is_trusted(tmp_path, offer):
    first = fetch_weights(offer(), tmp_path)
    record = tmp_path / "net.onnx.sha256"
    assert record.read_text() == f"{HASH}  net.onnx\n"
    assert not first.is_published
    first.path.unlink()
    other = offer(b"something else")
    with pytest.raises(WeightsError, match=f"expected {HASH}; nothing was kept"):
        fetch_weights(other, tmp_path)
    assert list(tmp_path.iterdir()) == [record]


def test_a_wrong_file_that_is_there_is_not_replaced_unasked(tmp_path, offer):
    (tmp_path / "net.onnx").write_bytes(b"mine")
    with pytest.raises(WeightsError) as error:
        fetch_weights(offer(sha256=HASH), tmp_path)
    assert str(error.value) == (
        f"{tmp_path}/net.onnx is there, but its sha256 is {sha256(b'mine').hexdigest()}, expected "
        f"{HASH}; delete it and run the command again"
    )


def test_a_full_disk_is_one_plain_line(tmp_path, offer, monkeypatch):
    limit = "import resource as r; r.setrlimit(r.RLIMIT_FSIZE, (1000, 1000))"
    found = fetch_in_a_process(offer().url, tmp_path, before=limit)
    errors = found.communicate(timeout=60)[1]
    assert DatasetError.__name__ in errors
    assert f"no space left to write {tmp_path}/net.onnx" in errors
    assert list(tmp_path.iterdir()) == []


def test_a_killed_download_leaves_nothing_that_lasts(tmp_path, offer, server):
    killed = fetch_in_a_process(offer(path="/slow.onnx").url, tmp_path)
    assert server.half_sent.wait(60)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=60)
    leftovers = list(tmp_path.iterdir())
    assert not (tmp_path / "net.onnx").exists()

    for leftover in leftovers:
        utime(leftover, (0, 0))
    young = tmp_path / ".net.onnx.1.tmp"
    young.write_bytes(b"of a download that is running")
    fetch_weights(offer(sha256=HASH), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [young.name, "net.onnx"]


def fetch_in_a_process(url, folder, *, before=""):
    program = (
        f"{before}\nfrom signkit.extract.weights import WeightFile\n"
        "from signkit.extract.download import fetch_weights\nfrom pathlib import Path\n"
        f"fetch_weights(WeightFile('net', 'net.onnx', {url!r}, '', ''), Path({str(folder)!r}))"
    )
    return subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)
