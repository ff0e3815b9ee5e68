"""Turn the flags of a command into the arguments of the function that it calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futel_twilio.audit.baseline import BaselineOptions
from futel_twilio.cli.options import flag_of
from futel_twilio.commands.clients import ClientOptions
from futel_twilio.commands.restore import RestoreOptions
from futel_twilio.config import parsing
from futel_twilio.errors import BadInput

if TYPE_CHECKING:
    from futel_twilio.cli.options import Options


def client_options(flags: Options) -> ClientOptions:
    """The options about a phone, from the flags of a command.

    Raises:
        BadInput: they say more than one thing about the number.
    """
    said = [name for name in ("number", "buy", "no_number") if getattr(flags, name)]
    if len(said) > 1:
        words = " and ".join(flag_of(name) for name in said)
        raise BadInput(f"{words} say different things.", "Give one of them.")
    return ClientOptions(
        flags.env,
        flags.number,
        flags.buy,
        flags.no_number,
        flags.address,
        flags.device,
        tuple(flags.remove),
        tuple(flags.allow_911_loss),
        tuple(flags.take_over),
    )


def restore_options(flags: Options) -> RestoreOptions:
    """The options about a phone, from the flags of a command.

    Raises:
        BadInput: what to buy is no number.
    """
    return RestoreOptions(
        tuple(flags.only),
        tuple(flags.allow_911_loss),
        tuple(parsing.parse_number(number) for number in flags.take_over),
        tuple(parsing.parse_number(number) for number in flags.buy_again),
        flags.into_another_account,
    )


def baseline_options(flags: Options) -> BaselineOptions:
    """The options of `baseline`."""
    return BaselineOptions(flags.by or "", flags.reason, flags.until, flags.check, flags.prune, flags.live)
