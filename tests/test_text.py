"""Texts of somebody else's: what can be typed of them, and what can be shown."""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest

from futel_twilio.cli.options import Options
from futel_twilio.text import first_word, is_visible, quoted, with_quoted
from tests.conftest import invoke
from tests.support.sandbox import sdk

if TYPE_CHECKING:
    from futel_twilio.sandbox.server import Sandbox

NAMES = (
    "plain",
    "two words",
    'it\'s "quoted"',
    "$(touch here) ${HOME} !! ; rm -rf x & | > y",
    "with `backticks`",
    "two\nlines\r\tand a tab",
    "evil\x1b[2J\x1b[31mRED\x1b]0;title\x07",
    "gnp.\u202egpj",
    "zero\u200bwidth\ufeffand\u00a0space\U000e0041tag",
    "back\\slash \\033 and 'quote'\x1b",
    "#comment",
    "~root",
    "*",
    "",
    "--yes",
    "--profile b",
    "Straße 🐟",
)


def pasted(line: str) -> list[str]:
    """The words that a shell makes of a line."""
    done = subprocess.run(["bash", "-c", f"printf '%s\\0' {line}"], capture_output=True, check=True)
    return done.stdout.decode().split("\0")[:-1]


def test_a_quoted_value_is_pasted_as_it_is() -> None:
    """A shell makes of each quoted value just that value, whatever is in it; and nothing in it is unseen."""
    line = " ".join(map(quoted, NAMES))
    assert pasted(line) == list(NAMES)
    assert all(is_visible(letter) for letter in line)


@pytest.mark.parametrize("name", NAMES)
def test_a_quoted_command_gets_its_profile(name: str) -> None:
    """A suggested command ends where its backticks say, and gets the profile once, whatever is in a name."""
    flags = Options(profile="two words")
    command = f"invoke delete-credential {first_word(name)}"
    assert flags.complete(f"Run `{command}`, please.") == f"Run `{command} --profile 'two words'`, please."


@pytest.mark.parametrize("name", ["a --profile b", "it's --help\x1b", "--profile"])
def test_a_name_is_no_flag(name: str) -> None:
    """A name that looks like a flag is not taken for the profile that was given."""
    command = Options(profile="p").complete(f"`invoke apply --remove {quoted(f'x {name}')}`")
    assert command.endswith(" --profile p`")


def test_only_commands_are_quoted() -> None:
    """In a remedy a name is quoted where it must be pasted, and stands as it is elsewhere."""
    text = with_quoted("Ask for {name}; run `invoke x {name} --env {env}`.", {"{name}": "a b", "{env}": "e"})
    assert text == "Ask for a b; run `invoke x 'a b' --env e`."


@pytest.mark.parametrize("name", [name for name in NAMES if name])
def test_a_suggested_removal_removes_just_that(at_box: Sandbox, name: str) -> None:
    """What `plan` prints of a stranger's application can be pasted, and takes away that application alone."""
    with sdk(at_box.url) as client:
        assert invoke("setup").code == 0
        client.applications.create(friendly_name="other")
        client.applications.create(friendly_name=name)
        before = {one.friendly_name for one in client.applications.list()}
        (line,) = [
            one
            for one in invoke("plan").out.splitlines()
            if "Remove it with: --remove" in one and "other" not in one
        ]
        words = pasted(line.rpartition("Remove it with: ")[2])
        assert invoke(shlex.join(["apply", "--yes", *words])).code == 0
        assert {one.friendly_name for one in client.applications.list()} == before - {name}
