"""Ask the dialplans what Twilio would ask them, before calls are pointed there.

Each URL is asked as Twilio asks for a call: a form-encoded POST, signed with `X-Twilio-Signature` where an auth
token is at hand. The answer must be TwiML, over a certificate that holds, in the time that Twilio grants (15
seconds: Twilio's documentation of TwiML). Asked once more with a wrong signature it must refuse. Nobody is
called by this: TwiML is only read.
"""

from __future__ import annotations

import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import urlsplit

from futel_twilio.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    import requests

    from futel_twilio.questions import Question
    from futel_twilio.settings import Settings

Level: TypeAlias = Literal["well", "warning", "finding", "failed"]
LONGEST_SECONDS, SLOW_SECONDS = 15.0, 2.0
CERTIFICATE_DAYS = 14
LARGEST_ANSWER = 64 * 1024  # bytes; more TwiML than that Twilio refuses (error 11750)
AT_ONCE = 8
OK = 200
REFUSALS = frozenset({401, 403})
WRONG = "this signature is wrong"
UNSIGNED = "asked unsigned, and refused: whether it answers Twilio cannot be told"
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

    def told(self, *levels: Level) -> tuple[tuple[Level, str], ...]:
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
        kinds = {answer.question.forged for answer in found}
        of_url = [a for a in self.answers if a.question.url == url and a.question.forged in kinds]
        named = [answer.question.about for answer in found if answer.question.url == url]
        is_all = len(named) > 1 and len(named) == len(of_url)
        return f"all {len(named)}" if is_all else "; ".join(dict.fromkeys(named))

    @property
    def remedy(self) -> str:
        """What to do about what failed, or was found, without a full stop; empty where there is nothing to do."""
        whys = {answer.why for answer in self.at("failed", "finding")}
        mend = "mend the dialplans" if whys - {UNSIGNED} else ""
        sign = HOW_TO_SIGN if UNSIGNED in whys else ""
        step = " and ".join(filter(None, (mend, sign)))
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
            else "It cannot be told whether the dialplans answer Twilio"
        )
        return Refused(
            f"{what}, so calls are not pointed there. Nothing was changed.",
            f"{self.remedy}; or give --skip-rehearsal a reason, which is written down.",
            tuple(words for _level, words in self.told("failed")),
        )


def _seconds(found: Sequence[Answer]) -> str:
    least, most = (f"{pick(answer.seconds for answer in found):.1f}" for pick in (min, max))
    return f" ({least} s)" if least == most else f" ({least} to {most} s)"


def rehearse(questions: Sequence[Question], settings: Settings) -> Rehearsal:
    """Ask every question, eight at once; nothing is raised for what an answer is or is not."""
    import requests

    token = settings.signing_token
    with requests.Session() as session, ThreadPoolExecutor(AT_ONCE) as pool:
        certificates = {url: _certificate(url, session) for url in {q.url for q in questions}}
        asking = _Asking(session, token, settings.account_sid, certificates)
        # Without a token every question is unsigned: a forged one would be the same again.
        asked = [question for question in questions if token or not question.forged]
        return Rehearsal(tuple(pool.map(asking.ask, asked)), signed=bool(token))


@dataclass(frozen=True)
class _Asking:
    session: requests.Session
    token: str = field(repr=False)
    account_sid: str
    certificates: dict[str, str]

    def ask(self, question: Question) -> Answer:
        begun = time.monotonic()
        level, why = self._judge(question, begun)
        return Answer(question, level, why, time.monotonic() - begun)

    def _judge(self, question: Question, begun: float) -> tuple[Level, str]:
        import requests

        if self.certificates[question.url]:
            return "failed", self.certificates[question.url]
        try:
            status, body = self._post(question, begun)
        except requests.RequestException as error:
            return "failed", _cause(error)
        if question.forged:
            believed = status == OK
            return ("finding", "a request with a wrong signature is answered") if believed else ("well", "")
        fault = UNSIGNED if not self.token and status in REFUSALS else _fault(status, body)
        if fault:
            return "failed", fault
        if _hangs_up(body):
            return "finding", "it answers with nothing: the caller would be hung up on"
        is_slow = time.monotonic() - begun > SLOW_SECONDS
        return ("warning", f"it takes more than {SLOW_SECONDS:g} s") if is_slow else ("well", "")

    def _post(self, question: Question, begun: float) -> tuple[int, bytes]:
        """Raises requests.Timeout where the whole answer is not there in time, however it trickles."""
        import requests

        form = {**question.form, "AccountSid": self.account_sid}
        answer = self.session.post(
            question.url,
            data=form,
            headers=self._signature(question, form),
            timeout=LONGEST_SECONDS,
            allow_redirects=False,
            stream=True,
        )
        body = b""
        with answer:
            for piece in answer.iter_content(4096):
                body += piece
                if time.monotonic() - begun > LONGEST_SECONDS:
                    raise requests.ReadTimeout
                if len(body) > LARGEST_ANSWER:
                    break
        return answer.status_code, body

    def _signature(self, question: Question, form: dict[str, str]) -> dict[str, str]:
        from twilio.request_validator import RequestValidator

        if not self.token:
            return {}
        validator: Any = RequestValidator(self.token)  # type: ignore[no-untyped-call]
        right = validator.compute_signature(question.url, form)
        return {"X-Twilio-Signature": WRONG if question.forged else right}


def _fault(status: int, body: bytes) -> str:
    """What keeps an answer from being TwiML; empty if it is."""
    from defusedxml import ElementTree

    if status != OK:
        return _of_status(status)
    if not body.strip():
        return "it answers with nothing"
    if len(body) > LARGEST_ANSWER:
        return "its answer is longer than the 64 kB that Twilio reads"
    try:
        root = ElementTree.fromstring(body)
    except (ElementTree.ParseError, ValueError):
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
    from defusedxml import ElementTree

    first = next(iter(ElementTree.fromstring(body)), None)
    return first is None or first.tag in HANGS_UP


def _certificate(url: str, session: requests.Session) -> str:
    """What is wrong with the certificate of a URL's server; empty if nothing is."""
    parts = urlsplit(url)
    if parts.scheme != "https":
        return "it is not https"
    context = ssl.create_default_context(cafile=_authorities(url, session))
    try:
        with (
            socket.create_connection(
                (str(parts.hostname), parts.port or 443), timeout=LONGEST_SECONDS
            ) as plain,
            context.wrap_socket(plain, server_hostname=parts.hostname) as secure,
        ):
            until = str((secure.getpeercert() or {}).get("notAfter", ""))
    except ssl.SSLError as error:
        return f"its certificate does not hold ({getattr(error, 'verify_message', '') or error.reason})"
    except OSError as error:
        return f"it cannot be reached ({error.strerror or type(error).__name__})"
    return _days(datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC))


def _days(until: datetime) -> str:
    left = until - datetime.now(UTC)
    if left < timedelta(days=CERTIFICATE_DAYS):
        return f"its certificate ends in {left.days} days, on {until:%Y-%m-%d}; {CERTIFICATE_DAYS} days are asked for"
    return ""


def _authorities(url: str, session: requests.Session) -> str:
    """The certificate authorities that requests would trust: its own, or those of REQUESTS_CA_BUNDLE."""
    import certifi

    named = session.merge_environment_settings(url, {}, None, None, None)["verify"]
    return named if isinstance(named, str) else certifi.where()


def _cause(error: requests.RequestException) -> str:
    import requests

    if isinstance(error, requests.Timeout):
        return f"there is no whole answer within {LONGEST_SECONDS:.0f} s, and Twilio would hang up"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate does not hold"
    return "the connection broke before there was an answer"
