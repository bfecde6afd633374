"""The command tree. Heavy imports stand inside the commands, so that ``--help`` is quick."""

import typer

from clair_bot.cli import (
    advisors,
    asking,
    bulletins,
    channels,
    databases,
    demonstration,
    diagnosis,
    evaluating,
    feeds,
    reporting,
    serving,
    subscribers,
    tickets,
)

app = typer.Typer(
    name="clair-bot",
    help="自治体の国際業務の問い合わせに、出典つきで答えるボット。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("demo")(demonstration.demo)
app.command("serve")(serving.serve)
app.command("web")(serving.web)
app.command("worker")(serving.worker)
app.command("clock")(serving.clock)
app.command("doctor")(diagnosis.doctor)
app.command("ask")(asking.ask)
app.command("search")(asking.search)
app.add_typer(databases.app, name="db")
app.add_typer(channels.app, name="channel")
app.add_typer(evaluating.app, name="eval")
app.add_typer(advisors.app, name="advisor")
app.add_typer(tickets.app, name="ticket")
app.add_typer(subscribers.app, name="subscriber")
app.add_typer(bulletins.app, name="bulletin")
app.add_typer(feeds.app, name="feed")
app.add_typer(reporting.app, name="report")
