"""Where a job's files go: a folder of this machine, or an object store by way of one.

An object store has no renames and no locks, but an object appears whole or not at all. So a job
that writes to a URL works in a temporary folder and uploads each file when it is whole, its shards
last; what the store holds is at any moment a dataset to go on with. Two jobs must not write the
same part of one URL: nothing would keep them apart.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit
from urllib.request import url2pathname

from signkit.errors import DatasetError, one_line
from signkit.extract.folder import check_folder, clear_leftovers, is_product, locked
from signkit.extract.output import CLIPS, INFO, Stored
from signkit.extract.part import Part
from signkit.extract.remote import file_system, is_url
from signkit.shard import footer_clip_ids, shard_paths

FOOTERS_AT_ONCE = 16


@dataclass(frozen=True)
class Destination:
    """Where a job's files go.

    Args:
        folder: Folder of this machine that the job works in.
        stored: What the shards of earlier runs hold.
        base: Where the names of videos begin; None for absolute names.
        published: To be told of every file that was written or removed.
    """

    folder: Path
    stored: Stored
    base: Path | None
    published: Callable[[Path], None] = lambda _: None


@contextmanager
def destination(out: Path | str, part: Part | None, *, overwrite: bool) -> Iterator[Destination]:
    """The place `out`, held for one job, with what earlier runs left there.

    Args:
        out: A folder, or the URL of one for `fsspec`.
        part: The share of the clips the job does; None for all.
        overwrite: Forget what earlier runs made.

    Raises:
        DatasetError: It holds something else, another job is at work, or it cannot be reached.
        ShardError: A shard is damaged.
    """
    folder = _local(out)
    if folder is None:
        with TemporaryDirectory(prefix="signkit-") as temporary:
            store = _Store(str(out), Path(temporary))
            yield store.fetched(overwrite=overwrite)
        return
    with locked(folder, part):
        check_folder(folder, overwrite=overwrite)
        clear_leftovers(folder, part)
        shards = [] if overwrite else shard_paths(folder / "poses")
        yield Destination(folder, Stored.of(shards), base=folder)


@contextmanager
def looked_at(out: Path | str, *, overwrite: bool) -> Iterator[Destination]:
    """The same place for somebody who only looks: nothing is made, held or removed.

    Raises:
        DatasetError: It holds something else, or cannot be reached.
        ShardError: A shard is damaged.
    """
    folder = _local(out)
    if folder is None:
        with TemporaryDirectory(prefix="signkit-") as temporary:
            place = _Store(str(out), Path(temporary)).fetched(overwrite=False)
            yield replace(place, stored=Stored.of([])) if overwrite else place
        return
    if folder.exists():
        check_folder(folder, overwrite=overwrite)
    shards = [] if overwrite else shard_paths(folder / "poses")
    yield Destination(folder, Stored.of(shards), base=folder)


def _local(out: Path | str) -> Path | None:
    """The folder, None where it is not of this machine."""
    text = str(out)
    if text.startswith("file://"):
        return Path(url2pathname(urlsplit(text).path))
    return None if is_url(text) else Path(out)


class _Store:
    """A dataset at a URL, and its working folder on this machine.

    Args:
        url: Its folder.
        folder: Empty folder of this machine.

    Raises:
        DatasetError: The store cannot be reached.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self._uploaded: dict[Path, int] = {}
        try:
            self._files, root = file_system(url)
            self._root = root.rstrip("/")
            self._names = set(self._listed())
        except (OSError, ValueError) as error:
            raise DatasetError(f"{url} cannot be opened: {one_line(error)}") from error

    def fetched(self, *, overwrite: bool) -> Destination:
        """The destination, its small files in the working folder.

        Raises:
            DatasetError: The URL holds something else.
            ShardError: A shard is damaged.
        """
        top = {PurePosixPath(name).parts[0] for name in self._names}
        strangers = {name for name in top - {CLIPS} if not (overwrite and is_product(name))}
        if strangers and INFO not in top:
            raise DatasetError(
                f"{self.url} is not empty and has no {INFO}, so it is not a signkit dataset; "
                "give a new folder"
            )
        if overwrite:
            for name in sorted(self._names):
                if name == INFO or is_product(PurePosixPath(name).parts[0]):
                    self._files.rm_file(self._at(name))
            self._names = {CLIPS} & self._names
        shards = sorted(name for name in self._names if name.startswith("poses/shard-"))
        for name in self._names - set(shards):
            self._fetch(name)
        return Destination(self.folder, self._stored(shards), None, self.publish)

    def publish(self, path: Path) -> None:
        """Bring one file of the store to the state it has in the working folder."""
        name = path.relative_to(self.folder).as_posix()
        if not path.is_file():
            if name in self._names:
                self._files.rm_file(self._at(name))
                self._names.discard(name)
            return
        changed_ns = path.stat().st_mtime_ns
        if self._uploaded.get(path) != changed_ns:
            self._files.put_file(str(path), self._at(name))
            self._names.add(name)
            self._uploaded[path] = changed_ns
        if path.parent.name == "poses":
            path.unlink()

    def _listed(self) -> Iterator[str]:
        if self._files.exists(self._root):
            for place in self._files.find(self._root):
                yield str(place).removeprefix(self._root).lstrip("/")

    def _fetch(self, name: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self._files.get_file(self._at(name), str(path))
        self._uploaded[path] = path.stat().st_mtime_ns

    def _stored(self, shards: Sequence[str]) -> Stored:
        with ThreadPoolExecutor(FOOTERS_AT_ONCE) as pool:
            ids = list(pool.map(self._clip_ids, shards))
        return Stored({i for some in ids for i in some}, [PurePosixPath(s).name for s in shards])

    def _clip_ids(self, name: str) -> list[str]:
        with self._files.open(self._at(name), "rb") as file:
            return footer_clip_ids(file, name=f"{self.url}/{name}")

    def _at(self, name: str) -> str:
        return f"{self._root}/{name}"
