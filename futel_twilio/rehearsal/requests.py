"""The requests that Twilio would send to the dialplans for calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from futel_twilio.resources import relations
from futel_twilio.resources.voice import Application, SipDomain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from futel_twilio.resources.phones import PhoneClient
    from futel_twilio.resources.state import AccountState

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


def questions_of(desired: AccountState, env: str) -> tuple[Question, ...]:
    """What Twilio would ask the dialplans of one environment."""
    resources: list[Application | SipDomain] = [*desired.applications, *desired.domains]
    return questions_for([resource for resource in resources if resource.environment == env], desired)


def questions_for(
    resources: Iterable[Application | SipDomain], desired: AccountState
) -> tuple[Question, ...]:
    """What Twilio would ask the voice URLs of some applications and SIP domains, each once forged too."""
    plain = [question for resource in resources if resource.voice_url for question in _of(resource, desired)]
    first = {question.url: question for question in reversed(plain)}
    forged = (
        Question(q.environment, q.url, f"{q.about}, forged", q.form, forged=True) for q in first.values()
    )
    return (*plain, *forged)


def _of(resource: Application | SipDomain, desired: AccountState) -> Iterator[Question]:
    url, served = str(resource.voice_url), relations.clients_of(resource, desired)
    if isinstance(resource, Application):
        called = served[0].caller_id if served else CALLER
        form = {"From": CALLER, "To": called, "Caller": CALLER, "Called": called}
        yield Question(resource.environment, url, f"a call to {resource.name}", _call(form))
        return
    for dialled in DIALLED:
        yield Question(
            resource.environment,
            url,
            f"{_name(served)} dials {dialled}",
            _sip_call(resource, served, dialled),
        )


def _sip_call(domain: SipDomain, served: Sequence[PhoneClient], dialled: str) -> dict[str, str]:
    host = domain.domain_name
    sip = {"From": f"sip:{_name(served)}@{host}", "To": f"sip:{dialled}@{host}", "SipDomain": host}
    return _call({**sip, "SipDomainSid": domain.sid, "SipCallId": "rehearsal", "SipSourceIp": "192.0.2.1"})


def _name(served: Sequence[PhoneClient]) -> str:
    return served[0].name if served else "rehearsal"


def _call(form: dict[str, str]) -> dict[str, str]:
    common = {
        "CallSid": CALL_SID,
        "CallStatus": "ringing",
        "Direction": "inbound",
        "ApiVersion": "2010-04-01",
    }
    return {**common, **form}
