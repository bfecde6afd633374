"""The cache: built once, whole or not at all, and never trusted blindly."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from clair_bot.retrieval.cache import Cache


class Builder:
    """Writes two files, and counts how often."""

    def __init__(self) -> None:
        self.builds = 0

    def build(self, folder: Path) -> None:
        self.builds += 1
        (folder / "a.txt").write_text("あ" * 100, encoding="utf-8")
        (folder / "b.bin").write_bytes(bytes(1000))

    def check(self, folder: Path) -> None:
        if not (folder / "a.txt").read_text(encoding="utf-8"):
            raise ValueError

    def folder(self, root: Path, key: str = "k1") -> Path:
        return Cache(root).folder("index", key, self.build, self.check)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def test_what_was_built_is_found_again(tmp_path: Path) -> None:
    builder = Builder()
    assert builder.folder(tmp_path / "new" / "cache") == builder.folder(tmp_path / "new" / "cache")
    assert builder.builds == 1
    builder.folder(tmp_path / "new" / "cache", "k2")
    assert builder.builds == 2


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: (folder / "b.bin").unlink(),
        lambda folder: (folder / "seal.json").unlink(),
        lambda folder: (folder / "seal.json").write_text("[]"),
        lambda folder: (folder / "seal.json").write_text("{"),
        lambda folder: (folder / "b.bin").write_bytes(b"short"),
        lambda folder: flip(folder / "b.bin"),
        lambda folder: flip(folder / "a.txt"),
    ],
)
def test_a_damaged_folder_is_built_anew(tmp_path: Path, harm: Callable[[Path], object]) -> None:
    builder = Builder()
    harm(builder.folder(tmp_path))
    folder = builder.folder(tmp_path)
    assert builder.builds == 2
    assert (folder / "b.bin").read_bytes() == bytes(1000)
    builder.folder(tmp_path)
    assert builder.builds == 2
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_a_build_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "a.txt").write_text("half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Cache(tmp_path).folder("index", "k", fail, Builder().check)
    assert not list(tmp_path.iterdir())


def test_without_a_place_to_write_it_serves_from_a_private_one(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where the folder should be")
    cache, builder = Cache(blocked / "cache"), Builder()
    folder = cache.folder("index", "k", builder.build, builder.check)
    assert (folder / "a.txt").exists()


def test_old_folders_go_and_the_newest_stay(tmp_path: Path) -> None:
    builder = Builder()
    for number in range(6):
        builder.folder(tmp_path, f"k{number}")
    assert len(list(tmp_path.iterdir())) == 3
    assert builder.folder(tmp_path, "k5").name in {path.name for path in tmp_path.iterdir()}
    assert builder.builds == 6


def test_builders_at_the_same_time_end_with_one_sound_folder(tmp_path: Path) -> None:
    builder = Builder()
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(builder.folder(tmp_path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert [path.name for path in tmp_path.iterdir()] == [found[0].name]
