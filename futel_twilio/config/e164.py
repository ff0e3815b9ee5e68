"""Telephone numbers in E.164."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import phonenumbers


NORTH_AMERICAN = re.compile(r"\+1[2-9][0-9]{2}[2-9][0-9]{6}")


NOT_E164 = 'not a number in E.164, such as "+15035550100"'


def not_e164(text: str) -> str:
    """What to say of a text that is no number in E.164, with the number that it seems to mean."""
    import phonenumbers

    try:
        number = phonenumbers.parse(text, "US")
    except phonenumbers.NumberParseException:
        return NOT_E164
    if not _is_whole(number) or number.extension:
        return NOT_E164
    plain = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f'not a number in E.164: did you mean "{plain}"?'


def is_e164(text: str) -> bool:
    """Whether a text is a telephone number in E.164, and nothing else."""
    if NORTH_AMERICAN.fullmatch(text):
        return True  # which phonenumbers says too, but takes long to load
    import phonenumbers

    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return False
    plain = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return plain == text and _is_whole(number)


def _is_whole(number: phonenumbers.PhoneNumber) -> bool:
    """Whether a number is as long as those of its country, and not only as those of one area of it."""
    import phonenumbers

    found = phonenumbers.is_possible_number_with_reason(number)
    return bool(found == phonenumbers.ValidationResult.IS_POSSIBLE)
