"""Sanitize text that comes from outside."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# What Unicode calls spaces: they show as such, and a report may hold them.
_SPACES = re.compile("[\\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
# What Unicode calls Default_Ignorable_Code_Point (DerivedCoreProperties.txt) and Python takes as printable, and the
# blank Braille pattern: nothing of it is seen on a screen.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
_OTHERS = re.compile("[^ -~]")  # than what every terminal shows and no text hides in
_OTHERS_IN_LINES = re.compile("[^ -~\\t\\n\\r]")
QUOTED = re.compile(r"\$'(?:[^'\\]|\\.)*'|'[^']*'|\"[^\"]*\"")  # of a command line: what is no flag of it


def sanitize(text: str) -> str:
    """A text for a report, in lines: without what is no character to read, and what XML cannot carry."""
    return _OTHERS_IN_LINES.sub(lambda found: _or_replaced(found.group()), text)


def _or_replaced(letter: str) -> str:
    return letter if is_visible(letter) or _SPACES.match(letter) else "\ufffd"


def shown(text: object) -> str:
    """A text for one line of a terminal: invisible characters and those that steer the terminal are escaped.

    Line ends too, so that nobody's name makes a line that looks like ours.
    """
    return _OTHERS.sub(lambda found: _or_escaped(found.group()), str(text))


def _or_escaped(letter: str) -> str:
    return letter if is_visible(letter) else letter.encode("unicode_escape").decode("ascii")


def is_visible(letter: str) -> bool:
    """Whether a character is visible and does nothing else to the terminal."""
    return letter.isprintable() and not _UNSEEN.match(letter)


def quoted(text: object) -> str:
    """A value as one word of a command line for a shell, so that a pasted line names just that.

    What cannot be seen, and the backtick that ends a command in our messages, is written as bash, zsh and ksh read
    it within $'…': each byte in octal.
    """
    word = str(text)
    if all(is_visible(letter) and letter != "`" for letter in word):
        return shlex.quote(word)
    return f"$'{''.join(map(_in_dollar_quotes, word))}'"


def option(name: str, value: object) -> str:
    """A flag with its value: `--remove 'two words'`, or `--remove=--yes` where the value looks like a flag."""
    return f"{name}{'=' if str(value).startswith('-') else ' '}{quoted(value)}"


def first_word(value: object, name: str = "--name") -> str:
    """The word after a command that names what it is about; with its flag where it would be taken for one."""
    return option(name, value) if str(value).startswith("-") else quoted(value)


def with_quoted(text: str, words: dict[str, str]) -> str:
    """A text with `{env}` and the like filled in; where it is a command, between backticks, as a shell needs it."""

    def filled(part: str, fit: Callable[[str], str]) -> str:
        return re.sub(r"\{\w+\}", lambda found: fit(words.get(found.group(), found.group())), part)

    parts = text.split("`")
    return "`".join(filled(part, quoted if at % 2 else str) for at, part in enumerate(parts))


def _in_dollar_quotes(letter: str) -> str:
    if letter in "\\'":
        return f"\\{letter}"
    if is_visible(letter) and letter != "`":
        return letter
    return "".join(f"\\{byte:03o}" for byte in letter.encode("utf-8", "surrogatepass"))


WITHOUT_PROFILE = ("sandbox", "demo")


def with_profile(text: str, profile: str | None) -> str:
    """Text in which every suggested command carries a profile; unchanged without one."""
    if not profile:
        return text
    commands = re.compile(rf"`(invoke (?!{'|'.join(WITHOUT_PROFILE)})[a-z][^`]*)`")

    def completed(match: re.Match[str]) -> str:
        words = QUOTED.sub("''", match[1]).split()
        has_it = any(word.startswith("--profile") or word == "--help" for word in words)
        return match[0] if has_it else f"`{match[1]} {option('--profile', profile)}`"

    return commands.sub(completed, text)
