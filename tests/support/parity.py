"""Helpers of the tests of the parity run: a filled account, its state, and the command."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from tests.conftest import clean_environment
from tests.support.paths import PROJECT
from tests.support.sandbox import GOOD_PASSWORD, sdk

MOVES = {"event", "dialing_country"}  # events follow every change; countries appear with the first request


def furnish(url: str) -> None:
    """Create at least one resource of each type that a run could change by mistake."""
    with sdk(url) as client:
        for name in ("incoming", "parity", "parity-0123456789", "parity-0123456789-12", ""):
            form = {"friendly_name": name} if name else {}
            client.applications.create(voice_url="https://dialplans.example.net/", **form)
        phones = client.sip.credential_lists.create(friendly_name="phones")
        client.sip.credential_lists(phones.sid).credentials.create("phone-1", GOOD_PASSWORD)
        office = client.sip.ip_access_control_lists.create(friendly_name="office")
        client.sip.ip_access_control_lists(office.sid).ip_addresses.create("door", "192.0.2.1")
        for name in ("direct.sip.twilio.com", "under.direct.sip.twilio.com"):
            domain = client.sip.domains.create(domain_name=name, emergency_calling_enabled=True)
            auth = client.sip.domains(domain.sid).auth
            auth.calls.credential_list_mappings.create(credential_list_sid=phones.sid)
            auth.registrations.credential_list_mappings.create(credential_list_sid=phones.sid)
            auth.calls.ip_access_control_list_mappings.create(ip_access_control_list_sid=office.sid)
        _furnish_rest(client)


def _furnish_rest(client: Any) -> None:
    place = {"street": "1 A", "city": "Portland", "region": "OR", "postal_code": "97201", "iso_country": "US"}
    address = client.addresses.create(customer_name="Futel", emergency_enabled=True, **place)
    number = client.incoming_phone_numbers.create(phone_number="+15035550123")
    number.update(emergency_address_sid=address.sid)
    client.incoming_phone_numbers.create(phone_number="+15035550124")
    client.usage.triggers.create("https://a.example/", "+30", "totalprice")
    client.new_keys.create()
    target = {"destination": "https://a.example/", "method": "POST", "batch_events": False}
    sink = client.events.v1.sinks.create("errors", target, "webhook")
    types = [{"type": "com.twilio.error-logs.error.logged", "schema_version": 2}]
    client.events.v1.subscriptions.create("errors", sink.sid, types)


def picture(url: str) -> list[dict[str, Any]]:
    """Every resource of a sandbox with its fields and dates, except events."""
    found = requests.get(f"{url}/_sandbox/dump", timeout=60).json()["objects"]
    return [one for one in found if one["kind"] not in MOVES]


def command(url: str, here: Path, *flags: str) -> subprocess.Popen[str]:
    """`python -m futel_twilio.parity` against a sandbox, in a new process and directory."""
    return subprocess.Popen(
        [sys.executable, "-m", "futel_twilio.parity", "--profile", "sandbox", *flags],
        cwd=here,
        env={
            **clean_environment(),
            "FUTEL_TWILIO_URL": url,
            "PYTHONPATH": str(PROJECT),
            "HOME": str(here),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(running: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Its exit code and what it printed."""
    out, err = running.communicate(timeout=600)
    return running.returncode, out, err


def compared(url: str, here: Path, *flags: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the JSON of a whole run."""
    code, out, err = ended(command(url, here, "--yes", "--json", *flags))
    assert out, err
    return code, dict(json.loads(out))


def differing(result: dict[str, Any]) -> set[str]:
    """The experiments that a run names."""
    return {one["name"] for one in result["experiments"] if one["result"] != "same"}


@contextmanager
def planted(*ways: str) -> Iterator[str]:
    """The URL of a sandbox process with these planted differences."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.planted", *ways],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            assert running.stdout is not None
            line = running.stdout.readline()
            assert line.startswith("listening on http://127.0.0.1:"), line
            yield line.split()[-1]
        finally:
            running.kill()
