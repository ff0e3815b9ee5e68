"""The terminal: prints, asks, shows progress, and turns errors into exit codes.

The only file besides tasks.py that prints. Exit codes: 0 well, 1 findings or drift, 2 refused, bad input
or could not look.
"""

from __future__ import annotations

import importlib
import inspect
import json as json_format
import os
import re
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import invoke.parser.parser
from invoke.exceptions import Exit, ParseError
from invoke.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from futel_twilio.findings import Audit
    from futel_twilio.report import Table
    from futel_twilio.runbook import Finding, Listing, Outcome, Proposal, Site

WELL, FINDINGS, REFUSED = 0, 1, 2
NAGIOS_UNKNOWN = 3
LAST_AUDIT = "last-audit.json"
PATIENCE_SECONDS = 1.0
STYLES = {"+": "green", "~": "yellow", "-": "red", "?": "magenta", "$": "bold cyan", "!": "bold red"}


@dataclass(frozen=True, slots=True)
class Flags:
    """What was typed after the name of a command."""

    env: str | None = None
    profile: str | None = None
    dry_run: bool = False
    yes: bool = False
    json: bool = False
    dialplans: str | None = None
    only: Sequence[str] = ()
    remove: Sequence[str] = ()
    allow_911_loss: Sequence[str] = ()
    port: str = "0"
    state: str = "sandbox.sqlite"
    latency: str = "0"
    account: Sequence[str] = ()
    reset: bool = False
    live: bool = False
    report: str | None = None
    notify: str | None = None
    nagios: bool = False
    by: str | None = None
    reason: str = "as found on the first day"
    until: str | None = None

    @property
    def looking(self) -> dict[str, Any]:
        """What an audit looks at, as its keyword arguments.

        Raises:
            BadInput: a part of an audit was to be compared with the whole of the last one.
        """
        from futel_twilio.errors import BadInput

        only = tuple(name for given in self.only for name in given.split(",") if name)
        if self.notify and (self.env or only):
            raise BadInput("--notify compares whole audits.", "Leave --env and --only out, or --notify.")
        return {"live": self.live, "profile": self.profile, "env": self.env, "only": only}


HELP = {
    "env": "Environment: stage, prod, or another of estate.toml.",
    "profile": "Profile of the Twilio CLI, or `sandbox` for the embedded sandbox.",
    "dry_run": "Show what would change, and change nothing.",
    "yes": "Go on without asking.",
    "json": "Machine-readable output on stdout, and nothing else there.",
    "dialplans": "Base URL of the new installation; written to estate.toml afterwards.",
    "only": "Repeatable. plan, apply: kinds of thing (applications, domains, credential-lists, usage-triggers, "
    "registration-mappings, voice-mappings). audit: markers (urgent, emergency, fraud, urls, hygiene).",
    "remove": "Name of a thing to take away, repeatable; estate.toml must not wish for it any more.",
    "allow_911_loss": "Name of a SIP domain that may lose emergency calling, repeatable.",
    "port": "Port to listen on; 0 takes a free one.",
    "state": "File that holds the sandbox's state.",
    "latency": "Milliseconds that each request takes at least.",
    "account": "A further account, SID:SECRET, repeatable.",
    "reset": "Empty the sandbox first.",
    "live": "Look at the account over the wire; without it, at the cassette.",
    "report": "Directory for the report: JSON, JUnit, Markdown, HTML, Prometheus, Nagios.",
    "notify": "URL of apprise that is told when something changed since the last audit.",
    "nagios": "Print a Nagios line and exit with Nagios' codes: 0, 1, 2, and 3 if it could not look.",
    "by": "Who accepts the findings.",
    "reason": "Why they are accepted.",
    "until": "Day after which they are findings again, YYYY-MM-DD; 30 days from now if not given.",
}
LOOKING = ("env", "profile", "json")
AUDITING = ("live", "env", "profile", "only", "report", "notify", "nagios", "json")
WRITING = ("env", "profile", "dry_run", "yes", "json")


class _Misread(ParseError, Exit):
    """A command line that Invoke cannot read.

    Invoke exits with 1 for it, which here means "findings": a mistyped flag in a cron job would look like
    drift. As an `Exit` too, it carries its own code.
    """

    code = REFUSED

    def __init__(self, msg: str, context: Any = None) -> None:
        Exception.__init__(self, msg)
        self.context = context
        self.message = None  # Invoke prints the error itself, and an Exit's message besides

    def __str__(self) -> str:
        what = re.sub(r"Flag <Argument: (\S+?)>.*", r"Flag --\1 needs a value.", str(self.args[0]))
        where = (
            f"invoke {self.context.name} --help" if self.context and self.context.name else "invoke --list"
        )
        return f"{what}\nSee `{where}`."


invoke.parser.parser.ParseError = _Misread  # type: ignore[attr-defined]


class Door(Task[Any]):
    """A task that never runs half asked for, and never ends in a traceback that a user can cause.

    Its flags are named here, not in the body's signature, since all commands share them; the body gets
    them as one `Flags`. Nothing is positional: Invoke would let a required positional eat `--help`.
    """

    def __init__(
        self, body: Callable[..., Any], *, flags: Sequence[str], required: Sequence[str] = (), **kwargs: Any
    ) -> None:
        self.flags = tuple(flags)
        self.required = tuple(required)
        super().__init__(
            body,
            positional=[],
            auto_shortflags=False,
            iterable=[name for name in flags if _default(name) == ()],
            help={name: HELP[name] + (" Required." if name in required else "") for name in flags},
            **kwargs,
        )

    def argspec(self, body: Callable[..., Any]) -> inspect.Signature:  # noqa: ARG002
        # Invoke's own reads the body's signature; this task's flags are named when it is made.
        kind = inspect.Parameter.KEYWORD_ONLY
        return inspect.Signature(
            [
                inspect.Parameter(name, kind, default=None if _default(name) == () else _default(name))
                for name in self.flags
            ]
        )

    def __call__(self, *_context: Any, **kwargs: Any) -> Any:
        from futel_twilio.errors import FutelTwilioError

        flags = Flags(**kwargs)
        try:
            self._check_required(flags)
            self.enter(flags)
        except FutelTwilioError as error:
            _tell(error, flags)
            raise Exit(code=NAGIOS_UNKNOWN if flags.nagios else REFUSED) from None
        except KeyboardInterrupt:
            say("Interrupted. Run `invoke plan` to see where the account stands.", stderr=True)
            raise Exit(code=REFUSED) from None

    def enter(self, flags: Flags) -> None:
        """Run the body."""
        self.body(flags)

    def _check_required(self, flags: Flags) -> None:
        from futel_twilio.errors import BadInput

        missing = [f"--{name.replace('_', '-')}" for name in self.required if not getattr(flags, name)]
        if missing:
            command = f"invoke {self.name.replace('_', '-')}"
            raise BadInput(f"`{command}` needs {' and '.join(missing)}.", f"See `{command} --help`.")


class DeskDoor(Door):
    """A door to a task at a desk: the body gets a `Desk` at the site that the flags name."""

    def enter(self, flags: Flags) -> None:
        with desk(flags) as opened:
            self.body(opened)


def _default(name: str) -> Any:
    return getattr(Flags(), name)


class Lazily:
    """A module that is imported when something of it is first used: `invoke --list` needs no engine.

    Not `importlib.util.LazyLoader`: Invoke looks at the type of everything in tasks.py, which loads that.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(importlib.import_module(self._name), attribute)


def _tell(error: Any, flags: Flags) -> None:
    if flags.nagios:
        say(f"FUTEL_TWILIO UNKNOWN - {error.what}")
    if flags.json:
        say_json({"error": {"what": error.what, "faults": list(error.faults), "remedy": error.remedy}})
    lines = str(error).splitlines()
    say(f"! {lines[0]}", *lines[1:], stderr=True)


def say(*lines: str, stderr: bool = False) -> None:
    """Print lines; coloured by their first character on a terminal, plain elsewhere."""
    stream = sys.stderr if stderr else sys.stdout
    if not lines:
        return
    if not stream.isatty() or os.environ.get("NO_COLOR"):
        print(*(line.removeprefix("! ") for line in lines), sep="\n", file=stream, flush=True)
        return
    from rich.console import Console

    console = Console(file=stream, highlight=False, soft_wrap=True)
    for line in lines:
        console.print(line.removeprefix("! "), style=STYLES.get(line[:1]) or None, markup=False)


def say_json(document: Any) -> None:
    print(json_format.dumps(document, indent=2), flush=True)


def say_table(table: Table) -> None:
    """Print a table: drawn on a terminal, aligned columns elsewhere."""
    from rich.console import Console

    from futel_twilio import report

    if sys.stdout.isatty():
        Console(highlight=False).print(report.drawn(table))
    else:
        say(*report.aligned(table))


class Desk:
    """One run of a command at a terminal: the flags that all commands share, and the site."""

    def __init__(self, site: Site, flags: Flags) -> None:
        self.site = site
        self.flags = flags
        self.waiting = Waiting(shown=sys.stderr.isatty() and not flags.json)

    @property
    def env(self) -> str:
        """The environment, for commands that demand one."""
        return str(self.flags.env)

    def show(self, proposal: Proposal) -> bool:
        """Show what would change, and change nothing."""
        from futel_twilio import report

        self.waiting.stop()
        if not self.flags.json:
            say(*report.of_proposal(proposal))
        return False

    def approve(self, proposal: Proposal) -> bool:
        """Show what would change; ask where that is due.

        Raises:
            Refused: a guard says no, the answer was no, or there is no terminal to ask at.
        """
        self.show(proposal)
        if self.flags.dry_run:
            return False
        if proposal.refusal:
            raise proposal.refusal
        if proposal.asks_first and not self.flags.yes and not proposal.settings.is_sandbox:
            _ask(proposal)
        self.waiting.start("writing")
        return True

    def watch(self, done: int, of: int, latest: str) -> None:
        self.waiting.say(f"{done} of {of}: {latest}")

    def close(self, outcome: Outcome) -> None:
        """Say how it ended; exit with 1 where a dry run found something to do."""
        from futel_twilio import report

        self.waiting.stop()
        if self.flags.json:
            say_json(report.outcome_as_json(outcome))
        else:
            say(*report.of_outcome(outcome, self.flags.dry_run))
        if outcome.proposal.plan and not outcome.applied:
            raise Exit(code=FINDINGS)

    def lay_out(self, listing: Listing) -> None:
        """Print a list."""
        from futel_twilio import report

        self.waiting.stop()
        if self.flags.json:
            say_json(report.listing_as_json(listing))
        else:
            say_table(report.of_listing(listing))


def _ask(proposal: Proposal) -> None:
    from futel_twilio.errors import Refused

    why = " and ".join(proposal.asks_first)
    if not sys.stdin.isatty():
        raise Refused(
            f"This asks first, because {why}, and there is no terminal to ask at. Nothing was changed.",
            "Look at the plan with --dry-run, and answer with --yes.",
        )
    account = proposal.settings.account_sid
    print(f"Account {account}: {why}. Go on? Type yes: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().casefold() != "yes":
        raise Refused("The answer was not yes. Nothing was changed.", "Run it again and type yes to go on.")


class Waiting:
    """A word on stderr for work that takes longer than a second, on a terminal only."""

    def __init__(self, *, shown: bool) -> None:
        self.shown = shown
        self._status: Any = None
        self._timer: threading.Timer | None = None
        self._text = ""

    def start(self, text: str) -> None:
        self._text = text
        if self.shown:
            self._timer = threading.Timer(PATIENCE_SECONDS, self._show)
            self._timer.daemon = True
            self._timer.start()

    def _show(self) -> None:
        from rich.console import Console

        self._status = Console(stderr=True).status(f"Twilio: {self._text}")
        self._status.start()

    def say(self, text: str) -> None:
        self._text = text
        if self._status:
            self._status.update(f"Twilio: {text}")

    def stop(self) -> None:
        if self._timer:
            self._timer.cancel()
        if self._status:
            self._status.stop()
        self._timer = self._status = None


@contextmanager
def desk(flags: Flags) -> Iterator[Desk]:
    """A desk at the site that the flags name; estate.toml of this directory, else of the project."""
    from futel_twilio import runbook

    urls = {str(flags.env): flags.dialplans} if flags.dialplans is not None else {}
    with runbook.at(flags.profile, dialplans=urls) as site:
        opened = Desk(site, flags)
        opened.waiting.start("reading")
        try:
            yield opened
        finally:
            opened.waiting.stop()


def serve(flags: Flags) -> None:
    """Serve the sandbox until interrupted."""
    from futel_twilio import runbook

    with runbook.sandbox(flags.port, flags.state, flags.latency, flags.account, reset=flags.reset) as box:
        if flags.json:
            say_json({"listening": box.url})
        else:
            say(f"listening on {box.url}")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            say("stopped", stderr=True)


def say_findings(findings: Iterator[Finding], *, as_json: bool) -> None:
    """Print what the doctor found; exit with 2 where something is not well."""
    found = list(findings)
    if as_json:
        say_json([{"about": f.about, "well": f.well, "says": f.says} for f in found])
    else:
        for finding in found:
            first, *rest = finding.says.splitlines()
            say(f"{'ok  ' if finding.well else '! NO'} {finding.about}: {first}", *rest)
    if not all(finding.well for finding in found):
        raise Exit(code=REFUSED)


def say_audit(audit: Audit, flags: Flags) -> None:
    """Print an audit and write its report; exit with 1 where there are findings."""
    from futel_twilio import notify, pages

    if flags.report:
        pages.write_all(audit, Path(flags.report))
    if flags.json:
        print(pages.as_json(audit), flush=True)
    elif flags.nagios:
        say(pages.as_nagios(audit).strip())
    else:
        say(*pages.as_lines(audit))
    if flags.notify:
        news = notify.since(Path(LAST_AUDIT), audit)
        notify.send(flags.notify, f"Futel's Twilio account: {len(audit.findings)} findings", news)
        notify.remember(Path(LAST_AUDIT), audit)
    if flags.nagios:
        raise Exit(code=pages.nagios_code(audit))
    if audit.findings:
        raise Exit(code=FINDINGS)
