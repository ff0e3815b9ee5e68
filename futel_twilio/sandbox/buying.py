"""Which number is bought, what refuses it, and what becomes of one that is given back."""

import re
from collections.abc import Callable

from futel_twilio.sandbox import magic, stock
from futel_twilio.sandbox.errors import Refusal, bad
from futel_twilio.sandbox.rows import Row
from futel_twilio.sandbox.table import Change, Rule, Scene

DEMO_VOICE = "https://demo.twilio.com/welcome/voice/"
CAPABILITIES = {"voice": True, "sms": True, "mms": True, "fax": False}


def e164(param: str, raw: str) -> str:
    """A reader: a number in E.164. GUESS: the wording; the code is documented."""
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", raw):
        raise bad(21421, f"{param} {raw} is invalid")
    return raw


def area_code(_param: str, raw: str) -> str:
    """A reader. GUESS: the wording; the code is documented."""
    if not stock.AREA_CODE.fullmatch(raw):
        raise bad(21451, f"Invalid area code {raw}")
    return raw


def _choose(change: Change) -> None:
    """Settle which number is bought."""
    if change.after is None:
        return
    scene, form, after = change.scene, change.scene.form, change.after
    if not after["phone_number"]:
        after["phone_number"] = _from_area(scene, form.get("AreaCode", ""))
    elif not _can_be_bought(scene, after["phone_number"]):
        raise _not_available(after["phone_number"])
    after["type"] = stock.kind_of(after["phone_number"])
    after["friendly_name"] = after["friendly_name"] or stock.formatted(after["phone_number"])
    after["capabilities"] = dict(CAPABILITIES)
    if "VoiceUrl" not in form:
        after["voice_url"] = DEMO_VOICE


def _can_be_bought(scene: Scene, number: str) -> bool:
    return stock.can_be_bought(scene.store, number) or (scene.caller.is_test and number == magic.FROM)


def _from_area(scene: Scene, wanted: str) -> str:
    if not wanted:
        # GUESS: the code; that one of the two is required is documented.
        raise bad(21421, "PhoneNumber or AreaCode is required")
    if scene.caller.is_test and wanted == magic.AREA_CODE:
        # GUESS: which number test credentials are given.
        return magic.FROM
    found = next(stock.free(scene.store, wanted), None)
    if found is None:
        # GUESS: the code is documented, the wording is not.
        raise bad(21452, f"No phone numbers found in area code {wanted}")
    return found


def _not_available(phone_number: str) -> Refusal:
    return bad(21422, f"{phone_number} is not available")


def _of_type(kind: str) -> Callable[[Change], None]:
    def judge(change: Change) -> None:
        if change.after is not None and change.after["type"] != kind:
            # GUESS: a number of another type is not available here.
            raise _not_available(change.after["phone_number"])

    return judge


def of_type(kind: str) -> Rule:
    return Rule(("create",), _of_type(kind), "a number of this type", "guess", "facts 1.10")


def _release(change: Change) -> None:
    """Remember what is released, so that it is never offered again. GUESS: Twilio may resell it in time."""
    scene, body = change.scene, change.before or {}
    number = body["phone_number"]
    if scene.store.holder(stock.released(number)) is None:
        row = Row(0, stock.RELEASED, scene.account, "", change.sid, {}, scene.now, scene.now)
        scene.store.add(row, [stock.released(number)])


CHOOSE = Rule(
    ("create",),
    _choose,
    "a number by itself or by its area code; 21421, 21422, 21451 and 21452 when there is none",
    "documented",
    "facts 1.10, 2.2, 9",
)
RELEASE = Rule(("delete",), _release, "a released number is gone", "live", "facts 1.10")
