from pathlib import Path

from signkit.convert.folders import FilesBelow


def test_files_come_in_order_from_any_depth(tmp_path: Path) -> None:
    for name in (
        "b.npy",
        "a/2.npy",
        "a/10.npy",
        "a/b/x.npy",
        ".git/y.npy",
        "a/.hidden.npy",
        "c.md",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    files = FilesBelow(tmp_path, lambda name: name.endswith(".npy"))
    assert [str(name) for name in files.names()] == ["b.npy", "a/10.npy", "a/2.npy", "a/b/x.npy"]
    assert list(files) == [tmp_path / name for name in files.names()]
    assert files.n_files == 4


def test_a_file_stands_for_itself(tmp_path: Path) -> None:
    (tmp_path / "x.bin").touch()
    files = FilesBelow(tmp_path / "x.bin", lambda name: name.endswith(".npy"))
    assert (list(files), [str(name) for name in files.names()]) == ([tmp_path / "x.bin"], ["x.bin"])
