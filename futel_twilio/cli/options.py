"""The flags of all commands: their help, their defaults, and the values that were typed."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from futel_twilio.errors import BadInput
from futel_twilio.text import option, with_profile

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Options:
    """What was typed after the name of a command."""

    env: str | None = None
    profile: str | None = None
    dry_run: bool = False
    twin: bool = False
    yes: bool = False
    json: bool = False
    dialplans: str | None = None
    only: Sequence[str] = ()
    remove: Sequence[str] = ()
    allow_911_loss: Sequence[str] = ()
    allow_unanswered: Sequence[str] = ()
    port: str = "0"
    state: str = "sandbox.sqlite"
    latency: str = "0"
    account: Sequence[str] = ()
    reset: bool = False
    from_: str | None = None
    from_profile: str | None = None
    sold_out: Sequence[str] = ()
    live: bool = False
    report: str | None = None
    notify: str | None = None
    nagios: bool = False
    by: str | None = None
    reason: str = "as found on the first day"
    until: str | None = None
    check: str | None = None
    prune: bool = False
    name: str | None = None
    number: str | None = None
    buy: str | None = None
    no_number: bool = False
    address: str | None = None
    device: str | None = None
    release_number: str | None = None
    take_over: Sequence[str] = ()
    area_code: str | None = None
    contains: str | None = None
    password_file: str | None = None
    password_stdin: bool = False
    keyring: bool = False
    no_wait: bool = False
    accept_corrections: bool = False
    to: str | None = None
    force: Sequence[str] = ()
    undo: bool = False
    skip_rehearsal: str | None = None
    file: str | None = None
    buy_again: Sequence[str] = ()
    into_another_account: bool = False

    @property
    def typed(self) -> str:
        """What was typed after the command's name, for the journal; no flag holds anything secret."""
        values = ((f.name, getattr(self, f.name), f.default) for f in fields(self))
        given = ((name, value) for name, value, default in values if value not in (default, []))
        return "".join(f" {_typed(name, value)}" for name, value in given)

    @property
    def again(self) -> str:
        """The flags that narrow what is read, for the command to type next."""
        typed = [option("--profile", self.profile)] if self.profile else []
        typed += [option("--env", self.env)] if self.env else []
        return "".join(
            f" {flag}" for flag in (*typed, *(option("--only", resource_type) for resource_type in self.only))
        )

    def complete(self, text: str) -> str:
        """A text with the profile of this command added to each command that it suggests."""
        return with_profile(text, self.profile)

    def completed(self, document: Any) -> Any:
        """A document for a machine, with `complete` applied to every text in it."""
        if isinstance(document, dict):
            return {key: self.completed(value) for key, value in document.items()}
        if isinstance(document, list | tuple):
            return [self.completed(value) for value in document]
        return self.complete(document) if isinstance(document, str) else document

    @property
    def looking(self) -> dict[str, Any]:
        """What an audit looks at, as its keyword arguments.

        Raises:
            BadInput: a part of an audit was to be compared with the whole of the last one.
        """
        only = tuple(name for given in self.only for name in given.split(",") if name)
        if self.notify and (self.env or only):
            raise BadInput("--notify compares whole audits.", "Leave --env and --only out, or --notify.")
        return {"live": self.live, "profile": self.profile, "env": self.env, "only": only}


NO_FLAGS = Options()


def example_for(function: str, flags: Sequence[str]) -> str:
    """A command line for the help of a command: its own example, else one with the flags that most commands have."""
    usual = "--env stage" if "env" in flags else "--profile sandbox" if "profile" in flags else "--json"
    return f"invoke {function.replace('_', '-')} {EXAMPLES.get(function, usual)}"


def default_of(name: str) -> Any:
    return getattr(NO_FLAGS, name)


def flag_of(name: str) -> str:
    """A flag as it is typed; the name of one that Python reserves ends in an underscore."""
    return f"--{name.strip('_').replace('_', '-')}"


def _typed(name: str, value: Any) -> str:
    flag = flag_of(name)
    if isinstance(value, bool):
        return flag
    values = [value] if isinstance(value, str) else value
    return " ".join(option(flag, one) for one in values)


HELP = {
    "env": "Environment: stage, prod, or another of estate.toml.",
    "profile": "Profile of the Twilio CLI, or `sandbox` for the embedded sandbox.",
    "dry_run": "Show what would change, and change nothing.",
    "twin": "Run the whole command on a sandbox that holds what the account holds; the account is only read.",
    "yes": "Go on without asking.",
    "json": "Machine-readable output on stdout, and nothing else there.",
    "dialplans": "Base URL of the new installation; the command writes it to estate.toml afterwards.",
    "only": "Look at these resource types alone: applications, domains, credential-lists, usage-triggers, "
    "registration-mappings, voice-mappings. Repeatable.",
    "remove": "Name of a resource to remove, repeatable; estate.toml must not have it any more.",
    "allow_911_loss": "Name of a phone, a number or a SIP domain that may lose emergency calling, repeatable.",
    "allow_unanswered": "A number that may be left with no application to answer it, repeatable.",
    "port": "Port to listen on; 0 takes a free one.",
    "state": "File that holds the sandbox's state.",
    "latency": "Milliseconds that each request takes at least.",
    "account": "A further account, SID:SECRET, repeatable.",
    "reset": "Empty the sandbox first.",
    "from_": "A snapshot (`invoke snapshot`): begin with what it holds. Without --state nothing is kept.",
    "from_profile": "A profile of the Twilio CLI: read its account, and begin with what that holds.",
    "sold_out": "Numbers that cannot be bought, such as '+1503*', repeatable.",
    "live": "Look at the account over the wire; without it, at the cassette.",
    "report": "Directory for the report: JSON, JUnit, Markdown, HTML, Prometheus, Nagios.",
    "notify": "Where apprise sends what changed since the last audit (a URL); `env` takes it from "
    "FUTEL_TWILIO_NOTIFY, since a command line can be seen by others.",
    "nagios": "Print a Nagios line and exit with Nagios' codes: 0, 1, 2, and 3 if it could not look.",
    "by": "Who accepts the findings.",
    "reason": "Why they are accepted.",
    "check": "Accept this finding alone, by its name; a finding about 911 or fraud is accepted in no other way.",
    "prune": "Take out of accepted.toml what is no longer found.",
    "name": "The phone, by its extension in the inventory; you can leave the flag out.",
    "number": "The phone's number in E.164, such as +15035550101.",
    "buy": "Area code, such as 503: buy a number of it.",
    "no_number": "Give the phone no number.",
    "address": "Where the phone stands, in one line: 'STREET, CITY, STATE POSTALCODE'.",
    "device": "What kind of thing the phone is; written to clients.toml.",
    "release_number": "The phone's number, typed back: it is released, which cannot be undone.",
    "take_over": "A number that may be taken from another application or a trunk, repeatable.",
    "area_code": "Area code, such as 503.",
    "contains": "Digits or letters that the number is to hold, such as 5550142 or *0142.",
    "password_file": "Write passwords there (mode 0600), before they are sent, instead of showing them.",
    "password_stdin": "Read the password from standard input instead of making one.",
    "keyring": "Keep passwords in the system's keyring instead of showing them (pip install '.[keyring]').",
    "no_wait": "Do not wait until Twilio has registered an address with 911.",
    "accept_corrections": "Take the addresses that Twilio suggests, without asking.",
    "to": "Number of an entry of `invoke history`: it and all after it are undone.",
    "force": "Name of a resource to put back although somebody changed it since, repeatable.",
    "undo": "Put back what the run wrote, instead of finishing it.",
    "file": "The snapshot; you can leave the flag out.",
    "buy_again": "A number of the snapshot that the account holds no more: buy it, if Twilio has it. Repeatable.",
    "into_another_account": "The account may be another than the snapshot's.",
    "skip_rehearsal": "Why the dialplans are not asked first whether they answer; the history keeps it.",
    "until": "Day after which they are findings again, YYYY-MM-DD; 30 days from now if not given.",
}
NUMBER = "The number in E.164, such as +15035550101; you can leave the flag out."
# What a flag means for one command, where that differs from the others.
OWN_HELP = {
    "audit": {
        "only": "Run the checks with these markers alone: urgent, emergency, fraud, urls, hygiene. Repeatable."
    },
    "create_number": {"number": NUMBER},
    "delete_address": {"address": "The address, by its SID or its text; you can leave the flag out."},
    "delete_number": {
        "number": NUMBER,
        "release_number": "The number, typed again: it is released, which cannot be undone.",
    },
    "rehearse": {"dialplans": "Base URL of the installation to ask; that of estate.toml if not given."},
    "restore": {
        "only": "Restore these resource types alone: those of `plan --help`, and addresses, numbers, credentials, "
        "ip-lists, ip-addresses, ip-mappings. Repeatable."
    },
    "snapshot": {"file": "The new file, snapshot-DATE.json if not given; you can leave the flag out."},
    "sync_clients": {
        "remove": "Name of a phone to remove; it must not be in the inventory any more. Repeatable."
    },
    "update_number": {"number": NUMBER},
}
# What follows the name of a command in the example of its help.
EXAMPLES = {
    "add_client": "alder-street --env prod --buy 503",
    "apply": "--only applications --dry-run",
    "audit": "--live --only emergency",
    "baseline": "--live --by ada --check domains/voice_url --reason 'moves on Friday'",
    "change_address": "alder-street --address '9 NW New St, Portland, OR 97209'",
    "create_address": "alder-street",
    "create_credential": "alder-street --password-file passwords",
    "create_number": "+15035550101 --env prod",
    "delete_address": "'9 NW New St, Portland, OR 97209'",
    "delete_client": "alder-street --allow-911-loss alder-street",
    "delete_credential": "old-phone",
    "delete_number": "+15035550101 --release-number +15035550101",
    "list_available_numbers": "--area-code 503 --contains 0142",
    "promote": "--env prod --dialplans https://prod-2.example.com",
    "record": "--profile futel",
    "rehearse": "--env prod",
    "restore": "snapshot.json --dry-run",
    "resume": "--undo",
    "rollback": "--to 12 --dry-run",
    "rotate_credential": "alder-street --keyring",
    "sandbox": "--port 8080 --from snapshot.json",
    "snapshot": "before.json",
    "sync_clients": "--env prod --dry-run",
    "update": "--env stage --dialplans https://stage-2.example.com",
    "update_applications": "--env stage --dry-run",
    "update_client": "alder-street --number +15035550101",
    "update_domains": "--env stage --dry-run",
    "update_number": "+15035550101 --dry-run",
}
READ_FLAGS = ("env", "profile", "json")
AUDIT_FLAGS = ("live", "env", "profile", "only", "report", "notify", "nagios", "json")
WRITE_FLAGS = ("env", "profile", "dry_run", "twin", "yes", "json")
CLIENT_FLAGS = ("name", "profile", "dry_run", "twin", "yes", "json")
PASSWORD_FLAGS = ("password_file", "keyring")
EMERGENCY_FLAGS = ("no_wait", "accept_corrections")
CLIENT_DETAIL_FLAGS = ("number", "address", "device", *EMERGENCY_FLAGS, "take_over")
