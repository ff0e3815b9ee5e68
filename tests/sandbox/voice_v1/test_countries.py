"""The countries that may be dialled, held to two lists that others keep: ISO 3166 and Google's phone numbers."""

import re

import phonenumbers
import pycountry
import pytest
from phonenumbers.phonemetadata import PhoneMetadata

from futel_twilio.sandbox.voice_v1.countries import Country, countries

OURS = list(countries())
# Of ISO's countries: nobody lives there, or nobody has a telephone number of the place's own.
WITHOUT_NUMBERS = {"AQ", "BV", "GS", "HM", "PN", "TF", "UM"}
# Not ISO's: Kosovo's code is one for users to choose, and everybody chooses it.
CHOSEN = {"XK"}
# Codes that ISO keeps free for islands that are no countries apart: Ascension, and Tristan da Cunha.
ISLANDS = {"AC", "TA"}
# Assigned to the Vatican, which is dialled by Italy's.
UNUSED = {("VA", "+379")}


def test_they_are_iso_s_countries() -> None:
    """Every country of ISO 3166 that has telephone numbers is there once, with Kosovo, and nothing else."""
    codes = [country.iso_code for country in OURS]
    assert len(codes) == len(set(codes))
    iso = {str(country.alpha_2) for country in pycountry.countries}
    assert set(codes) == (iso - WITHOUT_NUMBERS) | CHOSEN


def test_they_are_the_regions_that_have_telephone_numbers() -> None:
    """The countries are the regions whose numbers the library of phone numbers knows, but for two islands."""
    assert {country.iso_code for country in OURS} == set(phonenumbers.SUPPORTED_REGIONS) - ISLANDS


@pytest.mark.parametrize("country", OURS, ids=lambda country: country.iso_code)
def test_the_codes_dial_the_country(country: Country) -> None:
    """Each dialling code is the country's: the international one, and its area codes where several share one."""
    international = f"+{phonenumbers.country_code_for_region(country.iso_code)}"
    used = [code for code in country.country_codes if (country.iso_code, code) not in UNUSED]
    assert used
    assert all(code.startswith(international) for code in used)
    metadata = PhoneMetadata.metadata_for_region(country.iso_code)
    area_codes = metadata.leading_digits if metadata else None
    if international == "+1" and area_codes:
        assert all(re.match(area_codes, code[2:] + "1") for code in used)
    else:
        assert used == [international]


def test_continents_are_twilio_s() -> None:
    """Each country is on one of six continents, written as in Twilio's example."""
    assert {country.continent for country in OURS} == {
        "AFRICA",
        "ASIA",
        "EUROPE",
        "NORTH_AMERICA",
        "OCEANIA",
        "SOUTH_AMERICA",
    }
    assert all(country.name.strip() == country.name and country.name for country in OURS)
