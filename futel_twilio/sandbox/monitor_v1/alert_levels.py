"""The level of an alert, which belongs to its code: Twilio gives it, nobody chooses it.

From Twilio's error dictionary (https://www.twilio.com/docs/api/errors): its pages say WARNING or ERROR above each
code, and github.com/men232/twilio-error-codes holds them all as of May 2023. Here are the codes of TwiML, webhooks,
voice, emergency addresses and SIP (11xxx to 16xxx, 222xx, 32xxx); those of other products raise no alert here.
The pages of 32009, 32011, 32110, 32209, 32210, 32212, 32220, 32221 and 32223 were read beside it, and agree. Futel's
operations saw 32009, 32011, 32212 and 22221 as warnings, 32022, 32202 and 11200 as errors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ERROR, WARNING = "error", "warning"
LEVELS = (ERROR, WARNING, "notice", "debug")
SOURCE = "error dictionary: WARNING or ERROR above each code"


def _codes(ranges: str) -> Iterator[str]:
    for one in ranges.split():
        first, _, last = one.partition("-")
        yield from map(str, range(int(first), int(last or first) + 1))


WARNINGS = frozenset(
    _codes("""
    12200 13000 13112 13210-13227 13230 13232-13237 13241-13246 13248-13256 13310-13314 13320-13322 13326-13335
    13410 13430 13510-13513 13520-13521 13610-13620 13699 13710 13805 13810 13910 14101-14106 14108-14111 14207
    14241 15003 16101-16102 16113 22221-22222 32002 32006-32009 32011-32012 32014-32015 32019 32021 32100-32103
    32105 32110-32114 32212 32214-32215 32301-32304 32401 32502-32503 32603 32701-32703 32710-32711
    """)
)
ERRORS = frozenset(
    _codes("""
    11100 11200-11203 11205-11206 11210 11215 11220 11235-11237 11240-11243 11251 11300 11310 11320 11750-11751
    11770 12100-12102 12300-12301 12400 13110-13111 13120 13201 13231 13238-13240 13247 13257-13258 13299 13325
    13337-13338 13340 13420 13621 13750 13801-13804 14107 14201-14206 14210-14213 14215 14217-14223 14226
    14230-14240 14300 15000 15002 15004 15009 16000-16003 16010-16011 16020-16028 16099 16104-16112 22200-22219
    22223-22226 22228-22229 32001 32010 32013 32016-32018 32022 32106 32115 32200-32210 32216 32218-32223 32400
    32500-32501 32504-32506 32600-32602 32604-32605 32700
    """)
)


def level_of(code: str) -> str | None:
    """The level of an alert of a code; None for a code that is not among those above."""
    if code in WARNINGS:
        return WARNING
    return ERROR if code in ERRORS else None
