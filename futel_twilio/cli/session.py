"""One run of a command in a terminal: its options, its workspace, and how its result is printed."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from invoke.exceptions import Exit

from futel_twilio.cli.console import (
    FINDINGS,
    REFUSED,
    Spinner,
    confirm_typed,
    print_json,
    print_lines,
    print_table,
)
from futel_twilio.text import first_word, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from futel_twilio.apply.journal import Entry
    from futel_twilio.apply.result import Plan, Result, RunOptions
    from futel_twilio.cli.options import Options
    from futel_twilio.commands.clients import ClientOptions
    from futel_twilio.commands.doctor import Finding
    from futel_twilio.commands.history import History
    from futel_twilio.commands.listing import Listing
    from futel_twilio.commands.replay import Recovery
    from futel_twilio.config.address_corrections import Correction
    from futel_twilio.errors import AddressCorrected
    from futel_twilio.passwords.handover import PasswordHandover
    from futel_twilio.rehearsal.runner import Rehearsal
    from futel_twilio.resources.labels import Tabular
    from futel_twilio.snapshots.capture import SnapshotFile
    from futel_twilio.workspace import Workspace


def print_history(history: History, flags: Options) -> None:
    """Print the history, and on stderr whose it is where that is not the account of the credentials."""
    print_lines(*map(flags.complete, history.notes), stderr=True)
    if flags.json:
        print_json(history.rows)
    else:
        print_table(history.table)


def print_findings(findings: Iterator[Finding], flags: Options) -> None:
    """Print what the doctor found; exit with 2 where something is not well."""
    found = list(findings)
    if flags.json:
        print_json(
            flags.completed([{"about": f.subject, "well": f.ok, "says": "\n".join(f.lines)} for f in found])
        )
    else:
        for finding in found:
            first, *rest = map(flags.complete, finding.lines)
            print_lines(f"{'ok  ' if finding.ok else '! NO'} {finding.subject}: {first}", *rest)
    if not all(finding.ok for finding in found):
        raise Exit(code=REFUSED)


HOW_TO_SETTLE = "`invoke resume` finishes it, `invoke resume --undo` takes back what it did"
LEDGER = "credentials-ledger.jsonl"
INCOMPLETE_STATES = {"cut off": "cut off", "stopped": "stopped half-way"}
ATOMIC_COMMANDS = frozenset({"promote", "update", "update-applications", "update-domains"})
NOTHING_TO_RECOVER = {
    "rollback": "Nothing to roll back: no command of the history changed anything that still stands.",
    "resume": "Nothing to resume: no run was left half done.",
}
RECOVERY_COMMANDS = frozenset({"resume", "rollback"})


class Session:
    """One run of a command at a terminal: the flags that all commands share, and the site."""

    def __init__(self, workspace: Workspace, flags: Options, command: str = "") -> None:
        from futel_twilio.config.connection import here

        self.workspace = workspace
        self.options = flags
        self.command = command
        self.writes = False
        self.passwords: PasswordHandover | None = None
        self.spinner = Spinner(shown=sys.stderr.isatty() and not flags.json)
        if workspace.estate_file.parent != here() and not flags.json:
            print_lines(
                f"(the wish is {workspace.estate_file}: this directory has no {workspace.estate_file.name})",
                stderr=True,
            )
        workspace.api.tell = self._tell_of_wait
        self._print_incomplete_runs()

    def _tell_of_wait(self, words: str) -> None:
        self.spinner.stop()
        print_lines(words, stderr=True)

    def _print_incomplete_runs(self) -> None:
        from futel_twilio.apply import history, incomplete
        from futel_twilio.errors import BadInput

        book = history.journal_of(self.workspace)
        try:
            entries = history.history(self.workspace, book)
        except BadInput as error:  # what only looks can do without; what writes is refused
            if self.command in RECOVERY_COMMANDS:
                raise
            print_lines(f"! {error.message}", stderr=True)
            return
        if self.command in RECOVERY_COMMANDS and book.torn:
            print_lines(
                f"({book.torn} of the lines of the history cannot be read, and are passed over)", stderr=True
            )
        if entries and entries[-1].state == "running":
            self.say(f"{entries[-1].label} is being carried out at this moment.", stderr=True)
        # `resume` says itself which one it takes up: the latest.
        waiting = incomplete.incomplete_runs(entries)[1 if self.command == "resume" else 0 :]
        told = [entry for entry in waiting if entry.written or entry.state == "cut off"]
        if told:
            self.say(f"! {_of_incomplete(told, self.command)}", stderr=True)

    def print_interrupted(self, without_911: Sequence[str]) -> None:
        """Say what an interrupted command may have left at Twilio, and what to do about it."""
        from futel_twilio.apply import history, incomplete

        self.spinner.stop()
        begun = incomplete.incomplete_runs(history.history(self.workspace)) if self.writes else ()
        half_done = next((one for one in begun if one.written), None)
        told = "Interrupted. Nothing was written at Twilio."
        if half_done:
            many = f"{len(half_done.written)} of {len(half_done.changes)} changes may have been made"
            told = f"Interrupted half-way: {many}. {HOW_TO_SETTLE}."
        now = (f"! {number}: tells 911 no address at this moment." for number in without_911)
        self.say(told, *now, stderr=True)

    def say(self, *lines: str, stderr: bool = False) -> None:
        """Print lines; each command that they name carries the profile that this one was given."""
        print_lines(*map(self.options.complete, lines), stderr=stderr)

    def say_json(self, document: Any) -> None:
        """Print a document, its commands completed likewise."""
        print_json(self.options.completed(document))

    @property
    def env(self) -> str:
        """The environment, for commands that demand one."""
        return str(self.options.env)

    @property
    def name(self) -> str:
        """The phone, for commands that demand one."""
        return str(self.options.name)

    @property
    def number(self) -> str:
        """The number, for commands that demand one."""
        return str(self.options.number)

    @property
    def client_options(self) -> ClientOptions:
        """What the flags say of a phone."""
        from futel_twilio.cli import arguments

        return arguments.client_options(self.options)

    @property
    def run_options(self) -> RunOptions:
        """This desk's part in a command that writes.

        Raises:
            BadInput: a given password will not do, or there is no safe place for passwords.
        """
        from futel_twilio.apply.result import ApplyOptions, RunOptions
        from futel_twilio.passwords import store
        from futel_twilio.twilio_api.emergency import PATIENCE_SECONDS
        from futel_twilio.workspace import ledger_of

        flags = self.options
        self.passwords = self.passwords or store.open_password_store(
            ledger_of(self.workspace),
            typed_for=flags.name if flags.password_stdin else None,
            source=sys.stdin,
            file=flags.password_file,
            keyring=flags.keyring,
        )
        wait = 0.0 if self.options.no_wait else PATIENCE_SECONDS
        return RunOptions(
            self.confirm,
            self.on_progress,
            ApplyOptions(self.passwords, wait),
            f"{self.command}{flags.typed}",
            self._reason(),
            tuple(self.options.allow_unanswered),
        )

    def _reason(self) -> str:
        """Why the rehearsal is skipped; empty where it is not.

        Raises:
            BadInput: it is to be skipped for no reason.
        """
        from futel_twilio.errors import BadInput

        reason = self.options.skip_rehearsal
        if reason is not None and not reason.strip():
            raise BadInput("--skip-rehearsal needs a reason.", "Say why, in quotes: the history keeps it.")
        return (reason or "").strip()

    def print_rehearsal(self, rehearsed: Rehearsal) -> None:
        """Say how the dialplans answered; exit with 1 where calls would fail or forged ones are believed."""
        from futel_twilio.cli import views

        self.spinner.stop()
        if self.options.json:
            self.say_json(views.rehearsal_as_json(rehearsed))
        else:
            self.say(*views.rehearsal_lines(rehearsed), *views.rehearsal_next_steps(rehearsed))
        if rehearsed.at("failed", "finding"):
            raise Exit(code=FINDINGS)

    def run_with_corrections(self, command: Callable[[], Result]) -> None:
        """Run a command about addresses; ask about each that Twilio would write otherwise, and run it again.

        Raises:
            Corrected: a person did not agree, or there is no terminal to ask at.
        """
        from futel_twilio.config import address_corrections, estate, inventory
        from futel_twilio.errors import AddressCorrected

        rewritten: tuple[str, ...] = ()
        earlier: Sequence[Correction] = ()
        while True:
            try:
                outcome = command()
            except AddressCorrected as error:
                self.spinner.stop()
                accepted = address_corrections.read_corrections(error, self.workspace.desired)
                if accepted == earlier:  # taken already, and Twilio says the same again
                    raise
                self._agree(error, accepted)
                earlier = accepted
                address_corrections.write_corrections(accepted, self.workspace.desired)
                self.workspace = replace(
                    self.workspace, desired=estate.load_estate(self.workspace.estate_file)
                )
                self.options = replace(self.options, address=None)
                rewritten = (inventory.CLIENTS_FILE,)
            else:
                files = tuple(dict.fromkeys((*outcome.edited_files, *rewritten)))
                return self.finish(replace(outcome, edited_files=files))

    def _agree(self, error: AddressCorrected, accepted: Sequence[Correction]) -> None:
        from futel_twilio.errors import Refused

        asks = not self.options.accept_corrections
        if not accepted or (asks and not sys.stdin.isatty()):
            raise error  # which says what Twilio suggests
        if not self.options.json:
            self.say(error.message, *error.faults)
        for correction in accepted if asks else ():
            if not confirm_typed(f"{correction.client}: is it at {correction.address.name}?"):
                raise Refused(
                    "The answer was not yes, so the address stays as it was.",
                    "Mend it in clients.toml, or run the command again and answer yes.",
                )

    def print_passwords(self) -> None:
        """Tell the passwords that reached Twilio, once, unless they were kept elsewhere.

        With --json they are part of the document; of a run that failed they are told on stderr, or lost.
        """
        on_stderr = self.options.json
        _say_passwords("Passwords, shown this once:", self._to_tell(), stderr=on_stderr)
        perhaps = self.passwords.uncertain_to_show() if self.passwords else {}
        _say_passwords(
            "Passwords that Twilio may have taken, its answer was lost; shown this once:",
            perhaps,
            stderr=on_stderr,
        )
        self.say(*self._where_passwords_are(), stderr=on_stderr)
        for name, what in self._phones_to_set_up().items():
            words = ", ".join(f"{word} {value}" for word, value in what.items())
            self.say(f"Type into {name}, besides the password: {words}.", stderr=on_stderr)
        for name in self.passwords.unknown if self.passwords else ():
            how = f"`invoke rotate-credential {first_word(name)}` gives it a password"
            self.say(f"! {name}: somebody else made it meanwhile; {how}.", stderr=on_stderr)
        for name in self.passwords.unchanged if self.passwords else ():
            how = f"`invoke rotate-credential {first_word(name)}` gives it a new one"
            self.say(
                f"! {name} had a credential already, and it keeps its password; {how}.", stderr=on_stderr
            )
        for name, why in self.passwords.unnoted if self.passwords else ():
            how = f"once that is mended, `invoke rotate-credential {first_word(name)}` gives it one that is noted"
            self.say(
                f"! {name}: its password could not be noted in {LEDGER} ({why}), so an audit will take it for changed "
                f"by somebody else; {how}.",
                stderr=on_stderr,
            )
        for name in self.passwords.possibly_unseen if self.passwords else ():
            how = f"`invoke rotate-credential {first_word(name)}` gives it a new one"
            self.say(
                f"! {name}: a run that was cut off made its password; if you did not see it, {how}.",
                stderr=on_stderr,
            )
        self.passwords = None

    def _where_passwords_are(self) -> Iterator[str]:
        """Where the passwords are that are not shown: with whoever gave them, and where the flags say."""
        of = self.passwords
        for name in of.taken_as_given() if of else ():
            yield f"{name} has the password that you gave."
        if of and (kept := of.kept()):
            yield f"The {'password' if len(kept) == 1 else 'passwords'} of {', '.join(kept)} went to {of.place}."

    def _phones_to_set_up(self) -> dict[str, dict[str, str]]:
        """What is to be typed into each phone that has a new password, by the files as they are now."""
        from futel_twilio.config import estate
        from futel_twilio.errors import BadInput
        from futel_twilio.plan import impact

        names = self.passwords.reached() if self.passwords else ()
        desired = self.workspace.desired
        if names:
            with suppress(BadInput):
                desired = estate.load_estate(self.workspace.estate_file)
        edge = self.workspace.api.connection.edge
        found = {name: client for name in names if (client := desired.client(name))}
        told = {name: impact.to_type(client, desired, edge) for name, client in found.items()}
        return {name: what for name, what in told.items() if what}

    def _of_passwords(self) -> dict[str, Any]:
        of = self.passwords
        unsaid = [*of.unknown, *of.unchanged, *of.possibly_unseen] if of else []
        return {
            "passwords": self._to_tell(),
            "passwords_given": list(of.taken_as_given() if of else ()),
            "passwords_kept": dict.fromkeys(of.kept(), of.place) if of else {},
            "passwords_unknown": [*dict.fromkeys(unsaid)],
            "to_type": {
                name: {word.replace(" ", "_").lower(): value for word, value in what.items()}
                for name, what in self._phones_to_set_up().items()
            },
        }

    def _to_tell(self) -> dict[str, str]:
        return {} if self.passwords is None else self.passwords.to_show()

    @property
    def read_options(self) -> RunOptions:
        """This desk's part in a command that only shows."""
        from futel_twilio.apply.result import RunOptions

        return RunOptions(self.show)

    def show(self, proposal: Plan) -> bool:
        """Show what would change, and change nothing."""
        from futel_twilio.cli import views

        self.spinner.stop()
        if not self.options.json:
            self.say(*views.plan_lines(proposal))
            if proposal.refusal and not self.writes:
                self.say(*(f"! {line}" for line in proposal.refusal.lines))
        return False

    def confirm(self, proposal: Plan) -> bool:
        """Show what would change; ask where that is due.

        Raises:
            Refused: a guard says no, the answer was no, or there is no terminal to ask at.
        """
        self.writes = not self.options.dry_run
        self.show(proposal)
        if self.options.dry_run:
            return False
        if proposal.refusal:
            raise proposal.refusal
        if proposal.reasons_to_confirm and not self.options.yes and not proposal.connection.is_sandbox:
            _ask(proposal)
        self._offer_to_ignore()
        self.spinner.start("writing")
        return True

    def _offer_to_ignore(self) -> None:
        """Say how what this command writes is kept out of git, where nothing keeps it out."""
        from futel_twilio.apply import journal
        from futel_twilio.files import gitignore
        from futel_twilio.passwords import ledger

        written = [
            self.workspace.estate_file.with_name(name) for name in (journal.JOURNAL_FILE, ledger.LEDGER_FILE)
        ]
        offered = gitignore.offers(written, "the names and addresses of phones")
        self.say(*(f"! {line}" for line in offered), stderr=True)

    def on_progress(self, done: int, of: int, latest: str) -> None:
        self.spinner.say(f"{done} of {of}: {latest}" if done < of else f"{done} of {of}, looking again")

    def finish_plan(self, outcome: Result) -> None:
        """As `close`, and say that the phones themselves were not looked at."""
        if self.workspace.desired.clients and not self.options.json and not self.options.only:
            how = f"`invoke sync-clients --env {quoted(self.options.env or 'ENV')} --dry-run` looks at those"
            self.say(f"(credentials, numbers and 911 addresses of phones are not in this: {how})")
        self.finish(outcome)

    def finish(self, outcome: Result) -> None:
        """Say how it ended; exit with 1 where a dry run found something to do, or something is left for a person."""
        from futel_twilio.cli import views

        self.spinner.stop()
        if self.options.json:
            self.say_json(views.result_as_json(outcome) | self._of_passwords())
            self.passwords = None
        else:
            how = (
                "the same command without --dry-run"
                if self.options.dry_run
                else f"`invoke apply{self.options.again}`"
            )
            self.say(*views.result_lines(outcome, how))
            if outcome.entry and self.command in ATOMIC_COMMANDS:
                self.say("`invoke rollback` takes it back.")
        remainder = outcome.plan.manual_steps
        is_to_do = outcome.plan.changes or outcome.plan.files_to_edit
        if (is_to_do and not outcome.applied) or (remainder and remainder.by_hand):
            raise Exit(code=FINDINGS)

    def print_snapshot(self, saved: SnapshotFile) -> None:
        """Say where a snapshot is, what is in it, and what could not be read."""
        from futel_twilio.cli import views
        from futel_twilio.snapshots.document import counts

        self.spinner.stop()
        held = counts(saved.document)
        if self.options.json:
            not_read = saved.document["beyond"]["not_read"]
            found = {"file": str(saved.path), "account": self.workspace.api.connection.account_sid}
            self.say_json({**found, "holds": held, "not_read": not_read, "requests": saved.requests})
        else:
            self.say(*views.snapshot_lines(saved, held))

    def finish_recovery(self, recovery: Recovery) -> None:
        """Say what a recovery did, and what it cannot bring back."""
        if recovery.outcome is None:
            self.spinner.stop()
            self.say_json(None) if self.options.json else self.say(NOTHING_TO_RECOVER[self.command])
            return
        caveats = tuple(f"! {line}" for line in recovery.cannot)
        if self.options.json:
            self.say(*caveats, stderr=True)
        self.finish(recovery.outcome)
        if recovery.outcome.applied and not self.options.json:
            self.say(*caveats)  # which were shown with the plan too; a person has to act on some
        self.say(*recovery.differences, stderr=self.options.json)

    def print_table(self, roster: Tabular) -> None:
        """Print rows."""
        from futel_twilio.commands.listing import FOLDS

        self.spinner.stop()
        if self.options.json:
            self.say_json(list(roster.rows))
        else:
            print_table(roster.table_that_folds(FOLDS))

    def print_listing(self, listing: Listing) -> None:
        """Print a list."""
        from futel_twilio.cli import views

        self.spinner.stop()
        if self.options.json:
            self.say_json(views.listing_as_json(listing))
        else:
            print_table(views.listing_table(listing))


def _of_incomplete(runs: Sequence[Entry], command: str) -> str:
    """The runs that wait to be settled, the latest first, in one line."""
    if len(runs) == 1:
        return f"{runs[0].label} was {INCOMPLETE_STATES[runs[0].state]}: {HOW_TO_SETTLE}."
    many = f"{len(runs)} earlier runs" if command == "resume" else f"{len(runs)} runs"
    listed = f"{many} were left half done (`invoke history` lists them)"
    if command == "resume":
        return f"{listed}: run `invoke resume` again for each."
    how = "`invoke resume` finishes the latest, `invoke resume --undo` takes it back"
    return f"{listed}: {how}; then the next."


def _say_passwords(title: str, told: dict[str, str], *, stderr: bool) -> None:
    if told:
        width = max(map(len, told))
        lines = (f"  {name.ljust(width)}  {password}" for name, password in told.items())
        print_lines(title, *lines, stderr=stderr)


def _ask(proposal: Plan) -> None:
    from futel_twilio.errors import Refused

    why = " and ".join(proposal.reasons_to_confirm)
    if not sys.stdin.isatty():
        raise Refused(
            f"This asks first, because {why}, and there is no terminal to ask at. Nothing was changed.",
            "Look at the plan with --dry-run, and answer with --yes.",
        )
    account = proposal.connection.account_sid
    if not confirm_typed(f"Account {account}: {why}. Go on?"):
        raise Refused("The answer was not yes. Nothing was changed.", "Run it again and type yes to go on.")


@contextmanager
def open_session(flags: Options, command: str, reads: Sequence[str] = ()) -> Iterator[Session]:
    """A desk at the site that the flags name; estate.toml of this directory, else of the project.

    The lists that are read in any case are asked for at once, unless the flags are to be refused.
    """
    from futel_twilio.config import inventory
    from futel_twilio.workspace import open_workspace

    urls = {str(flags.env): flags.dialplans} if flags.dialplans is not None else {}
    to_be_told = inventory.everybody if command in RECOVERY_COMMANDS else partial(_is_told, flags=flags)
    reached = open_workspace(flags.profile, dialplans=urls, to_be_told=to_be_told)
    with ExitStack() as held:
        workspace = _entered(held, reached, command)
        workspace.environments(flags.env)
        workspace.api.prefetch(() if workspace.out_of_reach() else reads)
        found = Session(workspace, flags, command)
        found.spinner.start("reading")
        try:
            yield found
        finally:
            found.spinner.stop()


def _entered(held: ExitStack, reached: AbstractContextManager[Workspace], command: str) -> Workspace:
    """The site; where it cannot be reached, whoever would undo something is told what can still be looked at."""
    from futel_twilio.errors import BadInput

    try:
        return held.enter_context(reached)
    except BadInput as error:
        if command in RECOVERY_COMMANDS:
            error.hint += " `invoke history` shows all the same what was changed, and needs none of that."
        raise


def _is_told(name: str, flags: Options) -> bool:
    """Whether a command says where a phone stands, so that clients.toml need not."""
    return flags.name == name and bool(flags.address)
