"""``clair-bot demo``: everything in one process, with no keys and no network."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clair_bot.cli.serving import listen

if TYPE_CHECKING:
    from clair_bot.bootstrap import Application


def demo(
    port: Annotated[int, typer.Option(help="待ち受けるポート", min=0, max=65_535)] = 8080,
    script: Annotated[bool, typer.Option("--script", help="画面を開かず、一連の流れを文字で見せる")] = False,
) -> None:
    """鍵も通信もなしで、組み込みのデータベースで試す。"""
    with tempfile.TemporaryDirectory(prefix="clair-bot-demo-") as folder:
        application = _application(Path(folder))
        if script:
            from clair_bot.cli.story import tell

            tell(application)
            return
        print("クレア相談ボットの体験版です。下のアドレスの /chat をブラウザで開いてください（終了は Ctrl+C）。", flush=True)
        listen(application, host="127.0.0.1", port=port, everything=True)


def _application(folder: Path) -> "Application":
    """Return an application on a fresh database, with only the simulator and its desk."""
    import logging

    import structlog

    from clair_bot.bootstrap import bootstrap
    from clair_bot.settings import read_settings
    from clair_bot.storage import schema

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    knowledge = "knowledge" if Path("knowledge").is_dir() else str(Path(__file__).parents[3] / "knowledge")
    settings = read_settings(
        {
            "DATABASE_URL": f"sqlite:///{folder / 'demo.db'}",
            "CLAIR_KNOWLEDGE_DIR": knowledge,
            "CLAIR_SIMULATOR": "1",
            "CLAIR_DESK": "web:desk",
        }
    )
    application = bootstrap(settings)
    schema.upgrade(application.store.engine)
    _people(application)
    return application


def _people(application: "Application") -> None:
    """Let the demo's desk have an advisor, who supervises as well, and bulletins an editor and an approver."""
    from clair_bot.domain.advisors import CAPACITY, Role
    from clair_bot.messages import Address

    desk = Address(channel="web", recipient="desk")
    with application.store.write() as work:
        work.advisors.add(name="佐藤", address=desk, desks=(), roles={Role.ADVISOR, Role.SUPERVISOR}, capacity=CAPACITY)
        for name, role in (("高橋", Role.EDITOR), ("鈴木", Role.APPROVER)):
            address = Address(channel="web", recipient=role.value)
            work.advisors.add(name=name, address=address, desks=(), roles={role}, capacity=CAPACITY)
        work.commit()
