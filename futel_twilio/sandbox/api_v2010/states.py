"""The states of the United States, and what else their post delivers to, by code and by name."""

from __future__ import annotations

import re

STATES = """
AL Alabama; AK Alaska; AZ Arizona; AR Arkansas; CA California; CO Colorado; CT Connecticut; DE Delaware;
DC District of Columbia; FL Florida; GA Georgia; HI Hawaii; ID Idaho; IL Illinois; IN Indiana; IA Iowa; KS Kansas;
KY Kentucky; LA Louisiana; ME Maine; MD Maryland; MA Massachusetts; MI Michigan; MN Minnesota; MS Mississippi;
MO Missouri; MT Montana; NE Nebraska; NV Nevada; NH New Hampshire; NJ New Jersey; NM New Mexico; NY New York;
NC North Carolina; ND North Dakota; OH Ohio; OK Oklahoma; OR Oregon; PA Pennsylvania; RI Rhode Island;
SC South Carolina; SD South Dakota; TN Tennessee; TX Texas; UT Utah; VT Vermont; VA Virginia; WA Washington;
WV West Virginia; WI Wisconsin; WY Wyoming; AS American Samoa; GU Guam; MP Northern Mariana Islands;
PR Puerto Rico; VI US Virgin Islands
"""
NAMES = frozenset(word.lower() for state in STATES.split(";") for word in state.strip().split(maxsplit=1))
POSTAL_CODE = re.compile(r"[0-9]{5}(-[0-9]{4})?")


def is_state(region: str) -> bool:
    """Whether a region is a state or a territory, by its code or its name, in any case."""
    return region.strip().lower() in NAMES


def is_postal_code(text: str) -> bool:
    """Whether a text is a ZIP code, of five digits or of nine."""
    return POSTAL_CODE.fullmatch(text.strip()) is not None
