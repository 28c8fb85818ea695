"""``bookingdb completion``: commands and options completed by the shell."""

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that completes commands and options in SHELL.

    \b
    bookingdb completion bash > ~/.local/share/bash-completion/completions/bookingdb
    bookingdb completion zsh > "${fpath[1]}/_bookingdb"
    bookingdb completion fish > ~/.config/fish/completions/bookingdb.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - click has all of SHELLS
    script = kind(ctx.find_root().command, {}, "bookingdb", "_BOOKINGDB_COMPLETE")
    click.echo(script.source_template % script.source_vars())
