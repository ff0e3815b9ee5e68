"""One error for the faults of all files of the estate, listed under the file that they are in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.config import line_numbers
from futel_twilio.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class FaultyFiles(BadInput):
    """The files of the estate have faults.

    Args:
        name: the name of the estate file.
        of_estate: its faults, without its name.
        of_clients: those of the client inventory, each as `FILE: place: what is wrong`.
        of_flag: those of a flag.
    """

    def __init__(
        self,
        name: str,
        of_estate: tuple[str, ...],
        of_clients: tuple[str, ...],
        of_flag: tuple[str, ...] = (),
    ) -> None:
        files = list(
            dict.fromkeys([*([name] if of_estate else []), *(fault.split(": ")[0] for fault in of_clients)])
        )
        by_file = sorted(of_clients, key=lambda fault: files.index(fault.split(": ")[0]))
        named = [f"{name}: {fault}" for fault in of_estate] if len(files) > 1 else of_estate
        faults = (*named, *by_file)
        message = ["The base URL of --dialplans is wrong."] if of_flag else []
        hint = ["Give another and run the command again."] if of_flag else []
        if faults:
            has = "has" if len(files) == 1 else "have"
            count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
            message.append(f"{_listed(files)} {has} {count}.")
            hint.append(f"Fix {'it' if len(faults) == 1 else 'them'} and run the command again.")
        super().__init__(" ".join(message), " ".join(hint), (*of_flag, *faults))
        self.of_estate = of_estate
        self.of_clients = tuple(by_file)


def _listed(names: Sequence[str]) -> str:
    return " and ".join([*([", ".join(names[:-1])] if names[1:] else []), *names[-1:]])


def refuse_faults(
    name: str,
    text: str,
    of_estate: Sequence[str],
    of_clients: tuple[str, ...],
    dialplans: Mapping[str, str],
) -> None:
    """Refuse files with faults.

    Args:
        name: the name of the estate file.
        text: what it holds, to find the line of each fault.
        of_estate: its faults, each as `place: what is wrong`.
        of_clients: those of the client inventory.
        dialplans: the base URLs that flags gave: a fault of one is the flag's and has no line.

    Raises:
        FaultyFiles: there is a fault.
    """
    places = {f"environment.{name}.dialplans" for name in dialplans}
    of_flag = [fault for fault in of_estate if fault.split(": ")[0] in places]
    of_file = [fault for fault in of_estate if fault not in of_flag]
    if of_estate or of_clients:
        raise FaultyFiles(
            name,
            tuple(line_numbers.with_lines(text, of_file)),
            of_clients,
            tuple(f"--dialplans: {fault.split(': ', 1)[1]}" for fault in of_flag),
        )
