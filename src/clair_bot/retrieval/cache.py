"""Keeps what takes long to compute in folders named after their content: written whole or not at all, shared by processes."""

import atexit
import os
import shutil
import tempfile
import zlib
from collections.abc import Callable
from json import dumps, loads
from pathlib import Path
from typing import Final

import structlog

_SEAL: Final = "seal.json"
_CHECKED: Final = 1 << 25
"""Files up to 32 MiB are compared with their checksum at each start; of larger ones only the size."""
_KEPT: Final = 3
"""How many folders of a kind stay: other processes may still start with the knowledge of yesterday."""
_log = structlog.get_logger()


class Cache:
    """A folder of folders. It can be deleted at any time, and may be read-only or missing."""

    def __init__(self, root: Path) -> None:
        """Keep the place; nothing is created before something is stored.

        Args:
            root: The folder, which need not exist.
        """
        self._root = root

    def folder(self, kind: str, key: str, build: Callable[[Path], None], check: Callable[[Path], None]) -> Path:
        """Return the folder of this kind and key, building it when it is missing or damaged.

        Args:
            kind: What it holds; a word.
            key: A hash of everything that it was made from.
            build: Writes the content into an empty folder.
            check: Raises ValueError, OSError or KeyError when the content cannot be used.
        """
        place = self._root / f"{kind}-{key[:24]}"
        if place.is_dir():
            if _sound(place, check):
                return place
            _log.warning("cache_damaged", kind=kind)
        return self._store(place, kind, build)

    def _store(self, place: Path, kind: str, build: Callable[[Path], None]) -> Path:
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            fresh = Path(tempfile.mkdtemp(prefix=".new-", dir=self._root))
        except OSError:
            _log.warning("cache_not_writable", kind=kind)
            return self._build_privately(build)
        try:
            build(fresh)
            _seal(fresh)
            _put(fresh, place)
        except OSError:
            _log.warning("cache_not_writable", kind=kind)
            return self._build_privately(build)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        self._prune(kind, place)
        return place

    @staticmethod
    def _build_privately(build: Callable[[Path], None]) -> Path:
        """Build for this process alone, in a folder that goes when it ends."""
        private = Path(tempfile.mkdtemp(prefix="clair-bot-"))
        atexit.register(shutil.rmtree, private, ignore_errors=True)
        build(private)
        return private

    def _prune(self, kind: str, place: Path) -> None:
        others = [path for path in self._root.glob(f"{kind}-*") if path != place]
        for path in sorted(others, key=_age)[_KEPT - 1 :]:
            shutil.rmtree(path, ignore_errors=True)


def _age(path: Path) -> float:
    try:
        return -path.stat().st_mtime
    except OSError:  # another process was faster
        return 0.0


def _put(fresh: Path, place: Path) -> None:
    """Move the finished folder to its place; when another process has just put its own there, that one stays."""
    try:
        fresh.rename(place)
    except OSError:
        if _sound(place, lambda _: None):
            return
        damaged = Path(tempfile.mkdtemp(prefix=".old-", dir=place.parent))
        place.rename(damaged / "x")
        shutil.rmtree(damaged, ignore_errors=True)
        fresh.rename(place)


def _seal(folder: Path) -> None:
    sums = {path.name: [path.stat().st_size, _sum(path)] for path in sorted(folder.iterdir())}
    (folder / _SEAL).write_text(dumps(sums), encoding="utf-8")
    folder.chmod(0o755)  # mkdtemp's 0700 would keep other accounts out
    for path in folder.iterdir():
        with path.open("rb+") as file:
            os.fsync(file.fileno())


def _sound(folder: Path, check: Callable[[Path], None]) -> bool:
    try:
        sums = loads((folder / _SEAL).read_text(encoding="utf-8"))
        for name, (size, total) in sums.items():
            path = folder / name
            if path.stat().st_size != size or (size <= _CHECKED and _sum(path) != total):
                return False
        check(folder)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    return True


def _sum(path: Path) -> int:
    total = 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            total = zlib.crc32(block, total)
    return total
