"""Ask the dialplans what Twilio would ask them, before calls are pointed there.

Each URL is asked as Twilio asks for a call: a form-encoded POST, signed with `X-Twilio-Signature` where an auth
token is at hand. The answer must be TwiML, over a certificate that holds, in the time that Twilio grants (15
seconds: Twilio's documentation of TwiML). Asked once more with a wrong signature it must refuse. Nobody is
called by this: TwiML is only read. 911 is never asked for; 933, which reads back a number's address, is.
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

from futel_twilio import phones
from futel_twilio.errors import Refused
from futel_twilio.model import Application, SipDomain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import requests

    from futel_twilio.model import Client, Estate
    from futel_twilio.settings import Settings

Level: TypeAlias = Literal["well", "warning", "finding", "failed"]
LONGEST_SECONDS, SLOW_SECONDS = 15.0, 2.0
CERTIFICATE_DAYS = 14
LARGEST_ANSWER = 64 * 1024  # bytes; more TwiML than that Twilio refuses (error 11750)
AT_ONCE = 8
OK = 200
REFUSALS = frozenset({401, 403})
DIALLED = ("933", "#", "0", "+15035550100")
CALLER = "+15035550100"
CALL_SID = "CA" + "0" * 32
WRONG = "this signature is wrong"


@dataclass(frozen=True, slots=True)
class Question:
    """What Twilio would ask a URL for one call.

    Attributes:
        environment: whose dialplan it is.
        url: where it is asked.
        about: the call, in words.
        form: the parameters of the call.
        forged: whether it is sent with a wrong signature, to see it refused.
    """

    environment: str
    url: str
    about: str
    form: dict[str, str] = field(repr=False)
    forged: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """How a question was answered: the level, why in words, and the seconds that it took."""

    question: Question
    level: Level
    why: str
    seconds: float

    @property
    def in_words(self) -> str:
        return f"{self.question.url} ({self.question.about}): {self.why}"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """All answers, and whether they were asked for with a signature."""

    answers: tuple[Answer, ...]
    signed: bool

    def at(self, *levels: Level) -> tuple[Answer, ...]:
        return tuple(answer for answer in self.answers if answer.level in levels)

    @property
    def refusal(self) -> Refused | None:
        """Why calls must not be pointed there; None if nothing speaks against it."""
        failed = self.at("failed")
        if not failed:
            return None
        return Refused(
            "The dialplans do not answer as Twilio needs it, so calls are not pointed there. Nothing was changed.",
            "Mend the dialplans and run it again; or give --skip-rehearsal a reason, which is written down.",
            tuple(dict.fromkeys(answer.in_words for answer in failed)),
        )


def of_environment(wish: Estate, env: str) -> tuple[Question, ...]:
    """What Twilio would ask the dialplans of one environment."""
    nouns: list[Application | SipDomain] = [*wish.applications, *wish.domains]
    return questions_for([noun for noun in nouns if noun.environment == env], wish)


def questions_for(nouns: Iterable[Application | SipDomain], wish: Estate) -> tuple[Question, ...]:
    """What Twilio would ask the voice URLs of some applications and SIP domains, each once forged too."""
    plain = [question for noun in nouns if noun.voice_url for question in _of(noun, wish)]
    first = {question.url: question for question in reversed(plain)}
    forged = (
        Question(q.environment, q.url, f"{q.about}, forged", q.form, forged=True) for q in first.values()
    )
    return (*plain, *forged)


def _of(noun: Application | SipDomain, wish: Estate) -> Iterator[Question]:
    url, served = str(noun.voice_url), phones.clients_of(noun, wish)
    if isinstance(noun, Application):
        called = served[0].caller_id if served else CALLER
        form = {"From": CALLER, "To": called, "Caller": CALLER, "Called": called}
        yield Question(noun.environment, url, f"a call to {noun.name}", _call(form))
        return
    for dialled in DIALLED:
        yield Question(
            noun.environment, url, f"{_name(served)} dials {dialled}", _sip_call(noun, served, dialled)
        )


def _sip_call(domain: SipDomain, served: Sequence[Client], dialled: str) -> dict[str, str]:
    host = domain.domain_name
    sip = {"From": f"sip:{_name(served)}@{host}", "To": f"sip:{dialled}@{host}", "SipDomain": host}
    return _call({**sip, "SipDomainSid": domain.sid, "SipCallId": "rehearsal", "SipSourceIp": "192.0.2.1"})


def _name(served: Sequence[Client]) -> str:
    return served[0].name if served else "rehearsal"


def _call(form: dict[str, str]) -> dict[str, str]:
    common = {
        "CallSid": CALL_SID,
        "CallStatus": "ringing",
        "Direction": "inbound",
        "ApiVersion": "2010-04-01",
    }
    return {**common, **form}


def rehearse(questions: Sequence[Question], settings: Settings) -> Rehearsal:
    """Ask every question, eight at once; nothing is raised for what an answer is or is not."""
    import requests

    token = settings.secret if settings.username == settings.account_sid else ""
    with requests.Session() as session, ThreadPoolExecutor(AT_ONCE) as pool:
        certificates = {url: _certificate(url, session) for url in {q.url for q in questions}}
        asking = _Asking(session, token, settings.account_sid, certificates)
        # Without a token every question is unsigned: a forged one would be the same again.
        asked = [question for question in questions if token or not question.forged]
        return Rehearsal(tuple(pool.map(asking.ask, asked)), signed=bool(token))


@dataclass(frozen=True, slots=True)
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
        if not self.token and status in REFUSALS:
            return (
                "warning",
                "it refuses a request without a signature, as it should: no auth token, no rehearsal",
            )
        fault = _fault(status, body)
        if fault:
            return "failed", fault
        seconds = time.monotonic() - begun
        return ("warning", f"it took {seconds:.1f} s") if seconds > SLOW_SECONDS else ("well", "")

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

    if 300 <= status < 400:  # noqa: PLR2004  # a redirection
        return f"it redirects (HTTP {status}), and Twilio's parameters would be lost on the way"
    if status != OK:
        return f"it answers with HTTP {status}"
    if not body.strip():
        return "it answers with nothing"
    if len(body) > LARGEST_ANSWER:
        return "its answer is longer than the 64 kB that Twilio reads"
    try:
        root = ElementTree.fromstring(body)
    except (ElementTree.ParseError, ValueError):
        return "its answer is not XML"
    return "" if root.tag == "Response" else f"its answer is <{str(root.tag)[:20]}>, not TwiML's <Response>"


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
