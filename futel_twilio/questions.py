"""What Twilio would ask dialplans for calls, before calls are pointed there; pure.

911 is never asked for; 933, which reads back a number's address, is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from futel_twilio import phones
from futel_twilio.model import Application, SipDomain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from futel_twilio.model import Client, Estate

DIALLED = ("933", "#", "0", "+15035550100")
CALLER = "+15035550100"
CALL_SID = "CA" + "0" * 32


@dataclass(frozen=True)
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
