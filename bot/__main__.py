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
def run() -> None:
    """Start the bot. The token stands in .env or in TWOFOLD_TOKEN."""
    settings = _settings()
    from bot.process import serve

    raise typer.Exit(serve(settings))


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
def doctor() -> None:
    """Look at settings, token, database and flows; say what is wrong and how to mend it."""
    from bot.doctor import examine

    healthy = True
    for line in examine():
        typer.echo(str(line))
        healthy = healthy and line.good
    raise typer.Exit(0 if healthy else 1)


def main() -> None:
    app()


if __name__ == "__main__":
    main()
