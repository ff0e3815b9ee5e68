"""Send the rehearsal's requests and judge the answers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import urlsplit

import requests
from defusedxml import ElementTree
from urllib3.exceptions import HTTPError, NewConnectionError

from futel_twilio.errors import Refused
from futel_twilio.rehearsal import webhook
from futel_twilio.rehearsal.webhook import LARGEST_ANSWER, Reply, Webhook
from futel_twilio.twilio_api import network
from futel_twilio.twilio_api.workers import each_within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from futel_twilio.config.connection import Connection
    from futel_twilio.rehearsal.requests import Question

Level: TypeAlias = Literal["well", "warning", "finding", "failed"]
LONGEST_SECONDS, SLOW_SECONDS = 15.0, 2.0
CERTIFICATE_DAYS = 14
AT_ONCE = 8
OK = 200
REFUSALS = frozenset({401, 403})
UNSIGNED = "asked unsigned, and refused: whether it would answer Twilio is unknown"
HOW_TO_SIGN = "give TWILIO_AUTH_TOKEN beside the API key (with TWILIO_ACCOUNT_SID; it signs rehearsals alone)"
# A call is over when no verb is left, and by these two at once: Twilio's documentation of TwiML.
HANGS_UP = frozenset({"Hangup", "Reject"})


@dataclass(frozen=True)
class Answer:
    """How a question was answered: the level, why in words, and the seconds that it took."""

    question: Question
    level: Level
    why: str
    seconds: float


@dataclass(frozen=True)
class Rehearsal:
    """All answers, and whether they were asked for with a signature."""

    answers: tuple[Answer, ...]
    signed: bool

    def at(self, *levels: Level) -> tuple[Answer, ...]:
        return tuple(answer for answer in self.answers if answer.level in levels)

    def lines_of(self, *levels: Level) -> tuple[tuple[Level, str], ...]:
        """What is not well in words, each cause once, with all that it is about."""
        groups: dict[tuple[Level, str], list[Answer]] = {}
        for answer in (answer for level in levels for answer in self.at(level)):
            groups.setdefault((answer.level, answer.why), []).append(answer)
        return tuple((level, self._folded(why, found)) for (level, why), found in groups.items())

    def _folded(self, why: str, found: Sequence[Answer]) -> str:
        urls = dict.fromkeys(answer.question.url for answer in found)
        places = ", ".join(f"{url} ({self._about(url, found)})" for url in urls)
        count = f"{len(found)} answers of " if len(found) > 1 else ""
        return f"{count}{places}: {why}{_seconds(found) if found[0].level == 'warning' else ''}"

    def _about(self, url: str, found: Sequence[Answer]) -> str:
        resource_types = {answer.question.forged for answer in found}
        of_url = [a for a in self.answers if a.question.url == url and a.question.forged in resource_types]
        named = [answer.question.about for answer in found if answer.question.url == url]
        is_all = len(named) > 1 and len(named) == len(of_url)
        return f"all {len(named)}" if is_all else "; ".join(dict.fromkeys(named))

    @property
    def remedy(self) -> str:
        """What to do about what failed, or was found, without a full stop; empty where there is nothing to do."""
        whys = {answer.why for answer in self.at("failed", "finding")}
        fix = "fix the dialplans" if whys - {UNSIGNED} else ""
        sign = HOW_TO_SIGN if UNSIGNED in whys else ""
        step = " and ".join(filter(None, (fix, sign)))
        return f"{step[0].upper()}{step[1:]}, then run it again" if step else ""

    @property
    def refusal(self) -> Refused | None:
        """Why calls must not be pointed there; None if nothing speaks against it."""
        failed = self.at("failed")
        if not failed:
            return None
        what = (
            "The dialplans do not answer as Twilio needs it"
            if {answer.why for answer in failed} != {UNSIGNED}
            else "It is unknown whether the dialplans would answer Twilio"
        )
        return Refused(
            f"{what}, so calls are not pointed there. Nothing was changed.",
            f"{self.remedy}; or give --skip-rehearsal a reason, which is written down.",
            tuple(words for _level, words in self.lines_of("failed")),
        )


def _seconds(found: Sequence[Answer]) -> str:
    least, most = (f"{pick(answer.seconds for answer in found):.1f}" for pick in (min, max))
    return f" ({least} s)" if least == most else f" ({least} to {most} s)"


def rehearse(questions: Sequence[Question], settings: Connection) -> Rehearsal:
    """Ask every question, eight at once; nothing is raised for what an answer is or is not."""
    token = settings.signing_token
    # Without a token every question is unsigned: a forged one would be the same again.
    asked = [_Asking(question, settings) for question in questions if token or not question.forged]
    answers = each_within(
        LONGEST_SECONDS, [one.ask for one in asked], AT_ONCE, give_up=lambda place: asked[place].cut()
    )
    return Rehearsal(
        tuple(answer or one.late() for one, answer in zip(asked, answers, strict=True)), signed=bool(token)
    )


class _Asking:
    """One question on its way; it holds the auth token only as a signature."""

    def __init__(self, question: Question, settings: Connection) -> None:
        self.question = question
        self.is_signed = bool(settings.signing_token)
        form = {**question.form, "AccountSid": settings.account_sid}
        headers = {"X-Home-Region": settings.region or webhook.HOME_REGION}
        if self.is_signed:
            right = webhook.signature(settings.signing_token, question.url, form)
            headers["X-Twilio-Signature"] = webhook.WRONG if question.forged else right
        self._webhook = Webhook(question.url, form, headers, LONGEST_SECONDS)

    def ask(self) -> Answer:
        begun = time.monotonic()
        level, why = self._judge(begun)
        return Answer(self.question, level, why, time.monotonic() - begun)

    def late(self) -> Answer:
        """The answer that did not come in time."""
        return Answer(self.question, "failed", _too_late(), LONGEST_SECONDS)

    def cut(self) -> None:
        self._webhook.cut()

    def _judge(self, begun: float) -> tuple[Level, str]:
        if urlsplit(self.question.url).scheme != "https":
            return "failed", "it is not https"
        try:
            reply = self._webhook.send()
        except (OSError, HTTPError) as error:  # errors of requests are OSErrors
            return "failed", _cause(error, self.question.url)
        ends_soon = _days(reply.certificate_ends) if reply.certificate_ends else ""
        if ends_soon:
            return "failed", ends_soon
        if self.question.forged:
            believed = reply.status == OK
            return ("finding", "a request with a wrong signature is answered") if believed else ("well", "")
        return self._of_reply(reply, time.monotonic() - begun)

    def _of_reply(self, reply: Reply, seconds: float) -> tuple[Level, str]:
        is_unsigned = not self.is_signed and reply.status in REFUSALS
        fault = UNSIGNED if is_unsigned else _fault(reply.status, reply.body)
        if fault:
            return "failed", fault
        if _hangs_up(reply.body):
            return "finding", "it answers with nothing: the caller would be hung up on"
        return (
            ("warning", f"it takes more than {SLOW_SECONDS:g} s") if seconds > SLOW_SECONDS else ("well", "")
        )


def _fault(status: int, body: bytes) -> str:
    """What keeps an answer from being TwiML; empty if it is."""
    if status != OK:
        return _of_status(status)
    if not body.strip():
        return "it answers with nothing"
    if len(body) > LARGEST_ANSWER:
        return "its answer is longer than the 64 kB that Twilio reads"
    try:
        root = ElementTree.fromstring(body)
    except (ElementTree.ParseError, ValueError, LookupError):  # an encoding that nobody knows
        return "its answer is not XML"
    return "" if root.tag == "Response" else f"its answer is <{str(root.tag)[:20]}>, not TwiML's <Response>"


def _of_status(status: int) -> str:
    if 300 <= status < 400:  # noqa: PLR2004  # a redirection
        return f"it redirects (HTTP {status}), and Twilio's parameters would be lost on the way"
    if status in REFUSALS:
        return f"it refuses what is signed with the auth token at hand (HTTP {status})"
    return f"it answers with HTTP {status}"


def _hangs_up(body: bytes) -> bool:
    """Whether TwiML ends the call before anything is heard; what it would be redirected to is not judged."""
    first = next(iter(ElementTree.fromstring(body)), None)
    return first is None or first.tag in HANGS_UP


def _days(until: datetime) -> str:
    left = until - datetime.now(UTC)
    if left < timedelta(days=CERTIFICATE_DAYS):
        return f"its certificate ends in {left.days} days, on {until:%Y-%m-%d}; {CERTIFICATE_DAYS} days are asked for"
    return ""


def _cause(error: Exception, url: str) -> str:
    """Why there was no answer."""
    if isinstance(error, requests.RequestException) and (of_proxy := network.fault_of_proxy(error, url)):
        return of_proxy
    if isinstance(error, requests.exceptions.ReadTimeout):
        return _too_late()
    certificate = network.certificate_words(error)
    if certificate:
        return f"its certificate does not hold ({certificate})"
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return "it cannot be reached (timed out)"
    never_left = any(isinstance(one, NewConnectionError) for one in network.causes(error))
    if never_left:
        return f"it cannot be reached ({network.system_words(error) or 'its name is not known here'})"
    return "the connection broke before there was an answer"


def _too_late() -> str:
    return f"there is no whole answer within {LONGEST_SECONDS:.0f} s, and Twilio would hang up"
