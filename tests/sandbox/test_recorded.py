"""The error bodies of Twilio that somebody has recorded, each brought about and answered as recorded.

Nine are known. SIDs, names and telephone numbers are made up here; the rest of each body is what Twilio said.
"""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from futel_twilio.sandbox.defaults import DEFAULT_AUTH_TOKEN, TEST_ACCOUNT_SID
from futel_twilio.sandbox.everywhere import RECORDED
from futel_twilio.sandbox.server import Sandbox
from tests.support.sandbox import ROOT, call

Recorded = tuple[requests.Response, str]


def _make(url: str, path: str, **form: str) -> str:
    """Create something and give its SID."""
    made = call(url, "POST", f"{ROOT}{path}.json", form)
    assert made.status_code == 201, made.text
    return str(made.json()["sid"])


def _post(url: str, path: str, **form: str) -> requests.Response:
    return call(url, "POST", f"{ROOT}{path}.json", form)


def malformed_domain(url: str) -> Recorded:
    """Two dots in the name of a SIP domain."""
    return _post(url, "/SIP/Domains", DomainName="east.payphones..sip.twilio.com"), "Invalid Domain Name"


def orphaned_subdomain(url: str) -> Recorded:
    """A sub-domain of a domain that is not there."""
    asked = _post(url, "/SIP/Domains", DomainName="booth.nowhere.sip.twilio.com")
    return asked, "Cannot create subdomain because the parent domain does not exist"


def _domain_and_list(url: str) -> tuple[str, str]:
    domain = _make(url, "/SIP/Domains", DomainName="payphones.sip.twilio.com")
    return domain, _make(url, "/SIP/IpAccessControlLists", FriendlyName="offices")


def mapped_twice(url: str) -> Recorded:
    """A list of addresses that is mapped to the domain already, through the same path."""
    domain, acl = _domain_and_list(url)
    path = f"/SIP/Domains/{domain}/Auth/Calls/IpAccessControlListMappings"
    _make(url, path, IpAccessControlListSid=acl)
    return _post(url, path, IpAccessControlListSid=acl), f"{acl} already associated with {domain}"


def domain_taken(url: str) -> Recorded:
    """The name of a SIP domain that somebody has."""
    _make(url, "/SIP/Domains", DomainName="payphones.sip.twilio.com")
    asked = _post(url, "/SIP/Domains", DomainName="payphones.sip.twilio.com")
    return asked, "Domain payphones.sip.twilio.com already exists."


def mapped_through_the_other_path(url: str) -> Recorded:
    """A list of addresses that the older path has mapped to the domain already."""
    domain, acl = _domain_and_list(url)
    _make(url, f"/SIP/Domains/{domain}/IpAccessControlListMappings", IpAccessControlListSid=acl)
    newer = f"/SIP/Domains/{domain}/Auth/Calls/IpAccessControlListMappings"
    asked = _post(url, newer, IpAccessControlListSid=acl)
    return asked, "IpAccessControlList already associated with this domain"


def deleted_twice(url: str) -> Recorded:
    """A phone number that has been released before."""
    sid = _make(url, "/IncomingPhoneNumbers", PhoneNumber="+15035550100")
    path = f"{ROOT}/IncomingPhoneNumbers/{sid}.json"
    assert call(url, "DELETE", path).status_code == 204
    return call(url, "DELETE", path), f"The requested resource {path} was not found"


def message_of_a_trial_account(url: str) -> Recorded:
    """A message of a trial account to a number that nobody has verified."""
    assert requests.post(f"{url}/_sandbox/settings", json={"account_type": "Trial"}, timeout=60).ok
    _make(url, "/IncomingPhoneNumbers", PhoneNumber="+15035550100")
    asked = _post(url, "/Messages", To="+15035550142", From="+15035550100", Body="hello")
    return asked, (
        "The number +15035550142 is unverified. Trial accounts cannot send messages to unverified numbers; "
        "verify +15035550142 at twilio.com/user/account/phone-numbers/verified, or purchase a Twilio number "
        "to send messages to unverified numbers"
    )


def account_read_with_a_key(url: str) -> Recorded:
    """The account itself, asked for with a Standard API key."""
    key = call(url, "POST", f"{ROOT}/Keys.json").json()
    return requests.get(f"{url}{ROOT}.json", auth=(key["sid"], key["secret"]), timeout=60), "Authenticate"


def keys_read_with_a_key(url: str) -> Recorded:
    """The API keys, asked for with a Standard API key."""
    key = call(url, "POST", f"{ROOT}/Keys.json").json()
    return requests.get(
        f"{url}{ROOT}/Keys.json", auth=(key["sid"], key["secret"]), timeout=60
    ), "Authenticate"


def number_not_available(url: str) -> Recorded:
    """The number that test credentials can never buy."""
    asked = requests.post(
        f"{url}/2010-04-01/Accounts/{TEST_ACCOUNT_SID}/IncomingPhoneNumbers.json",
        {"PhoneNumber": "+15005550000"},
        auth=(TEST_ACCOUNT_SID, DEFAULT_AUTH_TOKEN),
        timeout=60,
    )
    return asked, "+15005550000 is not available"


CASES = [
    (malformed_domain, 400, 21231),
    (orphaned_subdomain, 400, 21232),
    (mapped_twice, 400, 21231),
    (domain_taken, 400, 21232),
    (mapped_through_the_other_path, 400, 21231),
    (deleted_twice, 404, 20404),
    (message_of_a_trial_account, 400, 21608),
    (account_read_with_a_key, 401, 20003),
    (keys_read_with_a_key, 401, 20003),
    (number_not_available, 400, 21422),
]


@pytest.mark.parametrize(("brought_about", "status", "code"), CASES)
def test_a_recorded_error_is_answered_as_recorded(
    box: Sandbox, brought_about: Callable[[str], Recorded], status: int, code: int
) -> None:
    """The status, and a JSON body of Twilio's four keys: code, message, more_info and status, to the letter."""
    answer, message = brought_about(box.url)
    body: dict[str, Any] = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    assert (answer.status_code, answer.json()) == (status, body)
    assert answer.headers["Content-Type"] == "application/json"


def test_every_recording_has_its_case() -> None:
    """COVERAGE.md counts the recordings that are tried here; one of them is of two paths, and is tried at both."""
    recordings = {"key" if "with_a_key" in case[0].__name__ else case[0].__name__ for case in CASES}
    assert len(recordings) == RECORDED
