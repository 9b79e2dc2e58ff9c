"""The commands. Each imports what it needs when it is called, so that `check` never waits for Telegram's library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.settings import Settings

app = typer.Typer(
    name="twofold",
    help="A coaching bot for couples: conversation flows for one person or two.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

WRONG_SETTINGS = 2
"""The exit code where a setting is missing or malformed."""


def _settings(**given: object) -> Settings:
    from bot.settings import Wrong, read_settings

    try:
        return read_settings(**given)
    except Wrong as wrong:
        typer.echo(str(wrong), err=True)
        raise typer.Exit(WRONG_SETTINGS) from None


@app.command()
def run(
    replica: Annotated[
        bool, typer.Option("--replica", help="One of many, behind a webhook on one PostgreSQL.")
    ] = False,
) -> None:
    """Start the bot. The token stands in .env or in TWOFOLD_TOKEN."""
    settings = _settings()
    from bot.process import serve

    raise typer.Exit(serve(settings, replica=replica))


@app.command()
def migrate() -> None:
    """Bring the database up to date. A single bot does so by itself; replicas do not."""
    settings = _settings()
    from bot.move import bring_up_to_date

    raise typer.Exit(bring_up_to_date(settings))


@app.command()
def move(
    source: Annotated[str, typer.Argument(metavar="FROM", help="The SQLite database, like sqlite:///bot.db.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="An empty PostgreSQL, like postgresql://user@host/name.")],
) -> None:
    """Copy everything from SQLite to PostgreSQL: people, runs, timers, messages. Stop the bot first."""
    from bot.move import move as move_all

    raise typer.Exit(move_all(source, target))


@app.command(name="try")
def try_out(
    flow: Annotated[str, typer.Argument(help="The name of a flow, such as time_out.")] = "time_out",
    plain: Annotated[bool, typer.Option("--plain", help="Lines only, for a simple terminal or piped input.")] = False,
) -> None:
    """Try a flow on one phone or two in the terminal. Needs no token."""
    from bot.terminal import try_flow

    raise typer.Exit(try_flow(flow, _settings(), plain))


@app.command()
def check(
    paths: Annotated[list[Path] | None, typer.Argument(help="Files or folders. Default: all of them.")] = None,
) -> None:
    """Check flows and content: every finding with file, line and what to do."""
    from bot.authoring.check import check as check_paths

    settings = _settings()
    report = check_paths(paths or [settings.flows], settings.content)
    typer.echo(report.text)
    raise typer.Exit(report.code)


@app.command()
def test(
    paths: Annotated[list[Path] | None, typer.Argument(help="Test files or folders. Default: all tests.")] = None,
) -> None:
    """Play the transcript tests, and show which paths of the flows they take."""
    from bot.authoring.suite import run_suite

    settings = _settings()
    text, code = run_suite(paths or [settings.flows / "tests"], settings.flows, settings.content)
    typer.echo(text)
    raise typer.Exit(code)


@app.command()
def safety(
    file: Annotated[Path, typer.Argument(help="Lines of: language, crisis/ask/none, category, text; tabs between.")],
    misses: Annotated[bool, typer.Option("--misses", help="Also print the lines that went wrong.")] = False,
) -> None:
    """Measure how well danger is recognised in a file of labelled lines."""
    from bot.authoring.measure import report

    text, code = report(file, _settings().content, misses)
    typer.echo(text, err=code != 0)
    raise typer.Exit(code)


@app.command()
def doctor() -> None:
    """Look at settings, token, database and flows; say what is wrong and how to mend it."""
    from bot.doctor import examine

    healthy = True
    for line in examine():
        typer.echo(str(line))
        healthy = healthy and line.good
    raise typer.Exit(0 if healthy else 1)


keys = typer.Typer(name="keys", help="The keys of the words at rest.", no_args_is_help=True)
app.add_typer(keys)


@keys.command(name="new")
def new_keys() -> None:
    """Print fresh keys, as lines for the file .env."""
    from bot.keys import new

    typer.echo(new())


@keys.command(name="rotate")
def rotate_keys() -> None:
    """Seal everything that is kept under the first keys, also what was readable until now. Stop the bot first."""
    settings = _settings()
    from bot.keys import rotate

    raise typer.Exit(rotate(settings))


def main() -> None:
    app()


if __name__ == "__main__":
    main()
