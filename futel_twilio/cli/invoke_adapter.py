"""Change how Invoke reads a command line: the only module that replaces parts of Invoke, each with its reason.

Invoke loads tasks.py after it has made its program, so a `Program` of our own would come too late.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import invoke.parser.parser
from invoke.exceptions import Exit, ParseError
from invoke.parser import Parser
from invoke.parser.context import ParserContext, to_flag

from futel_twilio.cli.console import REFUSED
from futel_twilio.cli.options import HELP, default_of, flag_of
from futel_twilio.text import option, quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from invoke.parser.argument import Argument

ParseMachine = invoke.parser.parser.ParseMachine
NEAR, SURE = 0.6, 0.75  # how alike two words are
PLAIN = re.compile("[a-z][a-z0-9-]*")  # as the name of an environment
NO_VALUE = re.compile(r"Flag <_Flag: (\S+?)( \[\w+\])?> .*")


class UnreadableCommandLine(ParseError, Exit):
    """A command line that Invoke cannot read.

    Invoke exits with 1 for it, which here means "findings": a mistyped flag in a cron job would look like
    drift. As an `Exit` too, it carries its own code.
    """

    code = REFUSED
    commands: Collection[str] = ()
    line: Sequence[str] = ()

    def __init__(self, msg: str, context: Any = None) -> None:
        Exception.__init__(self, msg)
        self.context = context
        self.message = None  # Invoke prints the error itself, and an Exit's message besides

    def __str__(self) -> str:
        problem = NO_VALUE.sub(lambda found: f"Flag {flag_of(found[1])} needs a value.", str(self.args[0]))
        command = self.context and self.context.name
        problem += self._hint(problem.split("'")[1]) if problem.count("'") > 1 else ""
        return f"{problem}\nSee `{f'invoke {command} --help' if command else 'invoke --list'}`."

    def _hint(self, word: str) -> str:
        """What you may have meant by a word that no command and no flag has."""
        flags = [*(self.context.flags if self.context else ())]
        flag = word.partition("=")[0]
        if _is_ours(flag) and flag not in flags:
            command = self.context.name if self.context else None
            return "" if command else f" Flags come after the command: `{self._in_order()}`."
        if word.startswith("-"):
            near = get_close_matches(word, flags, 1)
        elif f"--{word}" in flags:
            near = [f"--{word}"]
        else:
            near = get_close_matches(word, [*self.commands], 1, SURE if flags else NEAR)
            near = near or [f"--env {word}"] * ("--env" in flags and bool(PLAIN.fullmatch(word)))
        return f" Did you mean {near[0]}?" if near else ""

    def _in_order(self) -> str:
        """The line that was typed, with the flags behind the command."""
        flags: list[str] = []
        words = [*self.line]
        while words and words[0].startswith("-"):
            flag, equals, value = words.pop(0).partition("=")
            is_next = words and (isinstance(words[0], DashedValue) or not words[0].startswith("-"))
            if not equals and _takes_value(flag) and is_next:
                equals, value = "=", words.pop(0)
            flags.append(option(flag, value) if equals else flag)
        command = words.pop(0) if words and words[0] in self.commands else "COMMAND"
        return " ".join(("invoke", command, *map(quoted, words), *flags))


def _is_ours(flag: str) -> bool:
    return flag.startswith("--") and flag[2:].replace("-", "_") in HELP


def _takes_value(flag: str) -> bool:
    return _is_ours(flag) and not isinstance(default_of(flag[2:].replace("-", "_")), bool)


class DashedValue(str):
    """The value of `--flag=-value`: Invoke would take it for a flag."""

    __slots__ = ()


_parse_argv = Parser.parse_argv
_handle = ParseMachine.handle
_help_for = ParserContext.help_for


def _parse_line(parser: Parser, argv: list[str]) -> Any:
    """Read a line in which a value may start with a dash, and keep the line for the message of an error.

    Invoke splits `--remove=--yes` into two words and reads the second as a flag.
    """
    split = [part for word in argv for part in _split_dashed_value(word)]
    try:
        return _parse_argv(parser, split)
    except UnreadableCommandLine as error:
        error.commands, error.line = tuple(parser.contexts), split
        raise


def _split_dashed_value(word: str) -> tuple[str, ...]:
    flag, equals, value = word.partition("=")
    is_dashed = equals and value.startswith("-") and flag.startswith("--") and flag != "--"
    return (flag, DashedValue(value)) if is_dashed and not isinstance(word, DashedValue) else (word,)


def _handle_word(machine: ParseMachine, token: str) -> None:
    """Take the first bare word after a command for the flag that the command names.

    Invoke's own positional arguments eat whatever comes next, `--help` included.
    """
    bare = _bare_argument(machine, token)
    if isinstance(token, DashedValue) and machine.current_state != "unknown":
        if not machine.waiting_for_flag_value:
            flag = to_flag(machine.flag.name) if machine.flag else "The word before it"
            machine.error(f"{flag} takes no value, and got {str(token)!r}.")
        machine.see_value(token)
    elif bare is not None:
        bare.value = token
    else:
        _handle(machine, token)


def _bare_argument(machine: ParseMachine, token: str) -> Argument | None:
    if machine.context is None or machine.waiting_for_flag_value or token.startswith("-"):
        return None
    arguments = (argument for argument in machine.context.args.values() if getattr(argument, "bare", False))
    return next((argument for argument in arguments if argument.raw_value is None), None)


def _describe_flag(context: ParserContext, flag: str) -> tuple[str, str]:
    """Show `=STRING` for a repeatable flag too; Invoke shows it for a flag of one value alone."""
    names, text = _help_for(context, flag)
    return (f"{names}=STRING" if context.flags[flag].kind is list else names), text


def install() -> None:
    """Put the replacements in place, once a process."""
    invoke.parser.parser.ParseError = UnreadableCommandLine  # type: ignore[attr-defined]
    Parser.parse_argv = _parse_line  # type: ignore[assignment,method-assign]
    ParseMachine.handle = _handle_word  # type: ignore[assignment,method-assign]
    ParserContext.help_for = _describe_flag  # type: ignore[assignment,method-assign]
