"""runbook.md -> the steps, in their order; each holds its words as they are written."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RUNBOOK = Path(__file__).parent / "runbook.md"
INDENT = "    "
REFUSED = re.compile(r" {4}# (?P<code>\d+) (?P<says>.+)")
BLANK = re.compile(r"<(?P<name>[^<>]+)>")


@dataclass(frozen=True)
class Step:
    """One command of the CLI as it is written, and how it is to end."""

    heading: str
    words: str
    code: int = 0
    says: str = ""

    @property
    def command(self) -> str:
        return self.words.split()[1]

    @property
    def verb(self) -> str:
        return self.command.rpartition(":")[2]

    def arguments(self, values: Mapping[str, str]) -> list[str]:
        """The words that the CLI is given, each `<NAME>` replaced by its value; KeyError when there is none."""
        filled = BLANK.sub(lambda found: values[found["name"]], self.words)
        return shlex.split(filled)[1:]


def flags(arguments: list[str]) -> dict[str, str | bool]:
    """`--friendly-name x --no-secure` as {"friendly_name": "x", "secure": False}."""
    found: dict[str, str | bool] = {}
    for word, after in pairwise([*arguments, "--"]):
        if not word.startswith("-"):
            continue
        name = word.lstrip("-").replace("-", "_")
        if not after.startswith("--"):
            found[name] = after
        else:
            found[name.removeprefix("no_")] = not name.startswith("no_")
    return found


def _read(text: str) -> Iterator[Step]:
    heading = ""
    for paragraph in text.replace("\\\n", "").split("\n\n"):
        if paragraph.startswith("## "):
            heading = paragraph.removeprefix("## ")
        elif paragraph.startswith(INDENT):
            command, *ending = paragraph.rstrip("\n").split("\n")
            found = REFUSED.fullmatch("".join(ending))
            refusal = (int(found["code"]), found["says"]) if found else (0, "")
            yield Step(heading, " ".join(command.split()), *refusal)


STEPS = tuple(_read(RUNBOOK.read_text(encoding="utf-8")))
