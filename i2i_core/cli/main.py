"""The command line: `python -m i2i_core COMMAND`, the same calls as the page makes."""

from collections.abc import Callable, Sequence
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from i2i_core.cli import analogy, evaluate, fit, models, texture_swap
from i2i_core.cli.common import say, with_epilog
from i2i_core.errors import InputError

COMMANDS: dict[str, Callable[..., None]] = {
    "structural-analogy": analogy.structural_analogy,
    "semantic-analogy": analogy.semantic_analogy,
    "remove": analogy.remove,
    "segment": analogy.segment,
    "evaluate": evaluate.evaluate,
    "swap": texture_swap.swap,
    "encode": texture_swap.encode,
    "decode": texture_swap.decode,
    "fit": fit.fit,
    "translate": models.translate,
    "import": models.import_,
    "models": models.models,
}
EPILOGS = {"structural-analogy": analogy.presets, "fit": fit.methods}


class Commands(TyperGroup):
    """All commands; what ends one is said in one sentence on standard error."""

    def invoke(self, ctx: Any) -> None:
        try:
            super().invoke(ctx)
        except InputError as error:
            say(f"i2i: {error}")
            raise typer.Exit(2) from None
        except KeyboardInterrupt:
            say("i2i: stopped.")
            raise typer.Exit(130) from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0, 2 for what the person can mend (one sentence on
    standard error, for a wrong option with the usage), 130 when interrupted."""
    app = typer.Typer(
        cls=Commands, add_completion=False, rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="Translate pictures by analogy, in seconds, or learn new translations.",
        epilog="Each command explains itself: python -m i2i_core COMMAND --help",
    )  # fmt: skip
    for name, command in COMMANDS.items():
        app.command(name, cls=with_epilog(EPILOGS[name]) if name in EPILOGS else None)(command)
    try:
        get_command(app)(arguments, prog_name="python -m i2i_core")
    except SystemExit as end:
        return int(end.code or 0)
    return 0
