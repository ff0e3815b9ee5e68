"""Typed: what people type is read the one way it can be meant, or refused with how to write it."""

from __future__ import annotations

import pytest

from futel_twilio.config import parsing
from futel_twilio.errors import BadInput

SID = "AD" + "0a" * 16


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("1 SW Example St, Portland, OR 97201", "1 SW EXAMPLE ST, PORTLAND, OR 97201, US"),
        ("  1 SW Example St ,Portland , or  97201 ", "1 SW EXAMPLE ST, PORTLAND, OR 97201, US"),
        (
            "1 SW Example St, Apt 4, Portland, OR 97201-1234",
            "1 SW EXAMPLE ST APT 4, PORTLAND, OR 97201-1234, US",
        ),
        ("1 SW Example St., St. Louis, MO 63101, US", "1 SW EXAMPLE ST, ST LOUIS, MO 63101, US"),
        ("100 Queen St W, Toronto, ON M5H 2N2, CA", "100 QUEEN ST W, TORONTO, ON M5H 2N2, CA"),
    ],
)
def test_an_address_in_one_line(text: str, name: str) -> None:
    """Street, perhaps a second line, city, state and postal code, perhaps the country, in one line."""
    assert parsing.parse_address("alder-street", text, "Futel").name == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 SW Example St",
        "1 SW Example St, Portland",
        "1 SW Example St, Portland, OR",
        "1 SW Example St, Portland, 97201",
        "1 SW Example St, Portland, Oregon 97201",
        "1 SW Example St, A, B, C, Portland, OR 97201",
        "1 SW Example St, Portland, OR 97201, United States",
        ", Portland, OR 97201",
        f"{'1' * 101}, Portland, OR 97201",
    ],
)
def test_what_is_no_address(text: str) -> None:
    """Half an address, or one with more in it than an address has, is refused with how to write one."""
    with pytest.raises(BadInput, match="not an address in one line") as caught:
        parsing.parse_address("alder-street", text, "Futel")
    assert "STREET, CITY, STATE POSTALCODE" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (SID, SID),
        (f" {SID} ", SID),
        ("5 Old St, Portland, OR 97201", "5 OLD ST, PORTLAND, OR 97201, US"),
        ("5 OLD ST, PORTLAND, OR 97201, US", "5 OLD ST, PORTLAND, OR 97201, US"),
        ("nowhere", ""),
        ("AD12", ""),
    ],
)
def test_an_address_that_is_there_is_known_by(text: str, name: str) -> None:
    """An address is known by its SID or by its text, however it is spaced and capitalized; anything else is none."""
    assert parsing.parse_address_name(text) == name


@pytest.mark.parametrize("text", ["503", "971", "212"])
def test_an_area_code(text: str) -> None:
    """Three digits of which the first is no 0 or 1."""
    assert parsing.parse_area_code(text) == text


@pytest.mark.parametrize("text", ["", "5", "50", "5033", "103", "abc", "+1503"])
def test_what_is_no_area_code(text: str) -> None:
    """Anything else is refused."""
    with pytest.raises(BadInput, match="not an area code"):
        parsing.parse_area_code(text)


@pytest.mark.parametrize(
    "text",
    [
        "1 SW Example St, Portland, OR, 97201",
        "1 SW Example St, Portland OR 97201",
        "1 SW Example St,  Portland,  or 97201.",
        "1 SW Example St, Portland, OR. 97201",
        "1 SW Example St, Portland, OR 97201, USA",
        "1 SW Example St, Portland, OR, 97201, United States of America",
    ],
)
def test_the_address_that_is_meant_is_suggested(text: str) -> None:
    """An address as people write it is refused with the form that is taken, which then is taken."""
    with pytest.raises(BadInput) as caught:
        parsing.parse_address("alder-street", text, "Futel")
    meant = "1 SW Example St, Portland, OR 97201"
    assert caught.value.hint.endswith(f"did you mean '{meant}'?")
    assert parsing.parse_address("alder-street", meant, "Futel").postal_code == "97201"


@pytest.mark.parametrize(
    "text",
    ["503-555-0102", "(503) 555-0102", "5035550102", "1-503-555-0102", "+1 503 555 0102", "15035550102"],
)
def test_the_number_that_is_meant_is_suggested(text: str) -> None:
    """A number as people of North America write it is refused with its form in E.164."""
    with pytest.raises(BadInput, match=r'not a number in E\.164: did you mean "\+15035550102"\?'):
        parsing.parse_number(text)


@pytest.mark.parametrize("text", ["", "12", "555-0102", "phone", "503-555-0102 x 3", "+1503555010211111"])
def test_no_number_is_made_up(text: str) -> None:
    """What may be any number, or none, gets no suggestion."""
    with pytest.raises(BadInput, match=r"not a number in E\.164, such as"):
        parsing.parse_number(text)
