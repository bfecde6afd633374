"""The house keeps its own law: places, sizes, registration, words."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ADAPTERS = sorted(folder.name for folder in (ROOT / "adapters").iterdir() if folder.is_dir() and folder.name.startswith("clair_bot_"))
SOURCES = [path for root in ("src", "adapters") for path in sorted((ROOT / root).rglob("*.py")) if "migrations" not in path.parts]


def test_the_arrows_point_down() -> None:
    done = subprocess.run([str(Path(sys.executable).parent / "lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_adapters_are_registered_everywhere() -> None:
    channels = {name.removeprefix("clair_bot_") for name in ADAPTERS}
    for group in ("clair_bot.adapters", "clair_bot.previews"):
        assert set(CONFIGURATION["project"]["entry-points"][group]) == channels
        assert {point.name for point in entry_points(group=group)} == channels
    assert sorted(set(CONFIGURATION["tool"]["importlinter"]["root_packages"]) - {"clair_bot"}) == ADAPTERS
    assert all((ROOT / "adapters" / name / "py.typed").exists() for name in ADAPTERS)


def test_files_and_functions_are_small() -> None:
    too_long = [f"{path}: {count}" for path in SOURCES if (count := path.read_text(encoding="utf-8").count("\n")) > 400]
    too_long += [f"{where}: {size}" for where, size in _functions() if size > 40]
    assert too_long == []


def _functions() -> Iterator[tuple[str, int]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                yield f"{path}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1


def test_the_environment_is_read_in_one_file() -> None:
    readers = [
        path.name for path in SOURCES if "os.environ" in path.read_text(encoding="utf-8") or "getenv" in path.read_text(encoding="utf-8")
    ]
    assert readers == ["settings.py"]


@pytest.mark.parametrize(
    "module", ["clair_bot.cli.commands", *(f"{name}.adapter" for name in ADAPTERS), *(f"{name}.preview" for name in ADAPTERS)]
)
def test_heavy_parts_are_imported_late(module: str) -> None:
    heavy = ("linebot", "telegram", "slack_bolt", "slack_sdk", "sudachipy", "rank_bm25", "sqlalchemy", "alembic", "uvicorn")
    code = f"import sys, {module}; print(*[name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_owners_top_level_is_there() -> None:
    for name in ("pyproject.toml", "src/clair_bot", "knowledge", "adapters", "tests", "Procfile", "README.md"):
        assert (ROOT / name).exists(), name
    wanted = {"python-telegram-bot", "slack-bolt", "rank-bm25", "sudachipy", "sqlmodel", "apscheduler"}
    dependencies = {line.split(">")[0].split("=")[0].split("[")[0] for line in CONFIGURATION["project"]["dependencies"]}
    assert wanted <= dependencies
