"""One run of a command at a terminal: what was typed, the site that it names, and how it is told."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from invoke.exceptions import Exit

from futel_twilio.console import FINDINGS, Waiting, say, say_json, say_table, says_yes
from futel_twilio.letters import first_word, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from futel_twilio.account import Site
    from futel_twilio.camera import Saved
    from futel_twilio.clients import Asked
    from futel_twilio.corrections import Correction
    from futel_twilio.errors import Corrected
    from futel_twilio.flags import Flags
    from futel_twilio.journal import Entry
    from futel_twilio.passwords import Passwords
    from futel_twilio.recovery import Recovery
    from futel_twilio.rehearsal import Rehearsal
    from futel_twilio.runbook import Errand, Listing, Outcome, Proposal
    from futel_twilio.tables import Roster

HOW_TO_SETTLE = "`invoke resume` finishes it, `invoke resume --undo` takes back what it did"
LEDGER = "credentials-ledger.jsonl"
HALF_DONE = {"cut off": "cut off", "stopped": "stopped half-way"}
TAKEN_BACK = frozenset({"promote", "update", "update-applications", "update-domains"})
NOTHING_TO_RECOVER = {
    "rollback": "Nothing to roll back: no command of the history changed anything that still stands.",
    "resume": "Nothing to resume: no run was left half done.",
}
OF_THE_JOURNAL = frozenset({"resume", "rollback"})


class Desk:
    """One run of a command at a terminal: the flags that all commands share, and the site."""

    def __init__(self, site: Site, flags: Flags, command: str = "") -> None:
        from futel_twilio.settings import here

        self.site = site
        self.flags = flags
        self.command = command
        self.writes = False
        self.passwords: Passwords | None = None
        self.waiting = Waiting(shown=sys.stderr.isatty() and not flags.json)
        if site.estate_file.parent != here() and not flags.json:
            say(
                f"(the wish is {site.estate_file}: this directory has no {site.estate_file.name})",
                stderr=True,
            )
        site.api.tell = self._tell_of_wait
        self._tell_of_earlier_runs()

    def _tell_of_wait(self, words: str) -> None:
        self.waiting.stop()
        say(words, stderr=True)

    def _tell_of_earlier_runs(self) -> None:
        from futel_twilio import runbook, unfinished
        from futel_twilio.errors import BadInput

        book = runbook.journal_of(self.site)
        try:
            entries = runbook.history(self.site, book)
        except BadInput as error:  # what only looks can do without; what writes is refused
            if self.command in OF_THE_JOURNAL:
                raise
            say(f"! {error.what}", stderr=True)
            return
        if self.command in OF_THE_JOURNAL and book.torn:
            say(f"({book.torn} of the lines of the history cannot be read, and are passed over)", stderr=True)
        if entries and entries[-1].state == "running":
            self.say(f"{entries[-1].in_words} is being carried out at this moment.", stderr=True)
        # `resume` says itself which one it takes up: the latest.
        waiting = unfinished.among(entries)[1 if self.command == "resume" else 0 :]
        told = [entry for entry in waiting if entry.written or entry.state == "cut off"]
        if told:
            self.say(f"! {_of_incomplete(told, self.command)}", stderr=True)

    def tell_interrupted(self, without_911: Sequence[str]) -> None:
        """Say what an interrupted command may have left at Twilio, and what to do about it."""
        from futel_twilio import runbook, unfinished

        self.waiting.stop()
        begun = unfinished.among(runbook.history(self.site)) if self.writes else ()
        half_done = next((one for one in begun if one.written), None)
        told = "Interrupted. Nothing was written at Twilio."
        if half_done:
            many = f"{len(half_done.written)} of {len(half_done.changes)} changes may have been made"
            told = f"Interrupted half-way: {many}. {HOW_TO_SETTLE}."
        now = (f"! {number}: tells 911 no address at this moment." for number in without_911)
        self.say(told, *now, stderr=True)

    def say(self, *lines: str, stderr: bool = False) -> None:
        """Print lines; each command that they name carries the profile that this one was given."""
        say(*map(self.flags.complete, lines), stderr=stderr)

    def say_json(self, document: Any) -> None:
        """Print a document, its commands completed likewise."""
        say_json(self.flags.completed(document))

    @property
    def env(self) -> str:
        """The environment, for commands that demand one."""
        return str(self.flags.env)

    @property
    def name(self) -> str:
        """The phone, for commands that demand one."""
        return str(self.flags.name)

    @property
    def number(self) -> str:
        """The number, for commands that demand one."""
        return str(self.flags.number)

    @property
    def asked(self) -> Asked:
        """What the flags say of a phone."""
        from futel_twilio import clients

        return clients.asked(self.flags)

    @property
    def errand(self) -> Errand:
        """This desk's part in a command that writes.

        Raises:
            BadInput: a given password will not do, or there is no safe place for passwords.
        """
        from futel_twilio import vault
        from futel_twilio.apply import Manner
        from futel_twilio.emergency import PATIENCE_SECONDS
        from futel_twilio.runbook import Errand

        flags = self.flags
        self.passwords = self.passwords or vault.open_for(
            self.site,
            typed_for=flags.name if flags.password_stdin else None,
            source=sys.stdin,
            file=flags.password_file,
            keyring=flags.keyring,
        )
        wait = 0.0 if self.flags.no_wait else PATIENCE_SECONDS
        return Errand(
            self.approve,
            self.watch,
            Manner(self.passwords, wait),
            f"{self.command}{flags.typed}",
            self._reason(),
            tuple(self.flags.allow_unanswered),
        )

    def _reason(self) -> str:
        """Why the rehearsal is skipped; empty where it is not.

        Raises:
            BadInput: it is to be skipped for no reason.
        """
        from futel_twilio.errors import BadInput

        reason = self.flags.skip_rehearsal
        if reason is not None and not reason.strip():
            raise BadInput("--skip-rehearsal needs a reason.", "Say why, in quotes: the history keeps it.")
        return (reason or "").strip()

    def rehearse(self, rehearsed: Rehearsal) -> None:
        """Say how the dialplans answered; exit with 1 where calls would fail or forged ones are believed."""
        from futel_twilio import report

        self.waiting.stop()
        if self.flags.json:
            self.say_json(report.rehearsal_as_json(rehearsed))
        else:
            self.say(*report.of_rehearsal(rehearsed), *report.after_rehearsal(rehearsed))
        if rehearsed.at("failed", "finding"):
            raise Exit(code=FINDINGS)

    def settle(self, command: Callable[[], Outcome]) -> None:
        """Run a command about addresses; ask about each that Twilio would write otherwise, and run it again.

        Raises:
            Corrected: a person did not agree, or there is no terminal to ask at.
        """
        from futel_twilio import corrections, desired, inventory
        from futel_twilio.errors import Corrected

        rewritten: tuple[str, ...] = ()
        earlier: Sequence[Correction] = ()
        while True:
            try:
                outcome = command()
            except Corrected as error:
                self.waiting.stop()
                accepted = corrections.read(error, self.site.wish)
                if accepted == earlier:  # taken already, and Twilio says the same again
                    raise
                self._agree(error, accepted)
                earlier = accepted
                corrections.write(accepted, self.site.wish)
                self.site = replace(self.site, wish=desired.load(self.site.estate_file))
                self.flags = replace(self.flags, address=None)
                rewritten = (inventory.DETAILS,)
            else:
                files = tuple(dict.fromkeys((*outcome.rewritten, *rewritten)))
                return self.close(replace(outcome, rewritten=files))

    def _agree(self, error: Corrected, accepted: Sequence[Correction]) -> None:
        from futel_twilio.errors import Refused

        asks = not self.flags.accept_corrections
        if not accepted or (asks and not sys.stdin.isatty()):
            raise error  # which says what Twilio suggests
        if not self.flags.json:
            self.say(error.what, *error.faults)
        for correction in accepted if asks else ():
            if not says_yes(f"{correction.client}: is it at {correction.address.name}?"):
                raise Refused(
                    "The answer was not yes, so the address stays as it was.",
                    "Mend it in clients.toml, or run the command again and answer yes.",
                )

    def tell_passwords(self) -> None:
        """Tell the passwords that reached Twilio, once, unless they were kept elsewhere.

        With --json they are part of the document; of a run that failed they are told on stderr, or lost.
        """
        on_stderr = self.flags.json
        _say_passwords("Passwords, shown this once:", self._to_tell(), stderr=on_stderr)
        perhaps = self.passwords.perhaps_to_tell() if self.passwords else {}
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
        for name in self.passwords.untold if self.passwords else ():
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
        from futel_twilio import desired, phones
        from futel_twilio.errors import BadInput

        names = self.passwords.reached() if self.passwords else ()
        wish = self.site.wish
        if names:
            with suppress(BadInput):
                wish = desired.load(self.site.estate_file)
        edge = self.site.api.settings.edge
        found = {name: client for name in names if (client := wish.client(name))}
        told = {name: phones.to_type(client, wish, edge) for name, client in found.items()}
        return {name: what for name, what in told.items() if what}

    def _of_passwords(self) -> dict[str, Any]:
        of = self.passwords
        unsaid = [*of.unknown, *of.unchanged, *of.untold] if of else []
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
        return {} if self.passwords is None else self.passwords.to_tell()

    @property
    def looking(self) -> Errand:
        """This desk's part in a command that only shows."""
        from futel_twilio.runbook import Errand

        return Errand(self.show)

    def show(self, proposal: Proposal) -> bool:
        """Show what would change, and change nothing."""
        from futel_twilio import report

        self.waiting.stop()
        if not self.flags.json:
            self.say(*report.of_proposal(proposal))
            if proposal.refusal and not self.writes:
                self.say(*(f"! {line}" for line in proposal.refusal.lines))
        return False

    def approve(self, proposal: Proposal) -> bool:
        """Show what would change; ask where that is due.

        Raises:
            Refused: a guard says no, the answer was no, or there is no terminal to ask at.
        """
        self.writes = not self.flags.dry_run
        self.show(proposal)
        if self.flags.dry_run:
            return False
        if proposal.refusal:
            raise proposal.refusal
        if proposal.asks_first and not self.flags.yes and not proposal.settings.is_sandbox:
            _ask(proposal)
        self._offer_to_ignore()
        self.waiting.start("writing")
        return True

    def _offer_to_ignore(self) -> None:
        """Say how what this command writes is kept out of git, where nothing keeps it out."""
        from futel_twilio import gitignore, journal, ledger

        written = [self.site.estate_file.with_name(name) for name in (journal.FILE, ledger.FILE)]
        offered = gitignore.offers(written, "the names and addresses of phones")
        self.say(*(f"! {line}" for line in offered), stderr=True)

    def watch(self, done: int, of: int, latest: str) -> None:
        self.waiting.say(f"{done} of {of}: {latest}" if done < of else f"{done} of {of}, looking again")

    def close_plan(self, outcome: Outcome) -> None:
        """As `close`, and say that the phones themselves were not looked at."""
        if self.site.wish.clients and not self.flags.json and not self.flags.only:
            how = f"`invoke sync-clients --env {quoted(self.flags.env or 'ENV')} --dry-run` looks at those"
            self.say(f"(credentials, numbers and 911 addresses of phones are not in this: {how})")
        self.close(outcome)

    def close(self, outcome: Outcome) -> None:
        """Say how it ended; exit with 1 where a dry run found something to do, or something is left for a person."""
        from futel_twilio import report

        self.waiting.stop()
        if self.flags.json:
            self.say_json(report.outcome_as_json(outcome) | self._of_passwords())
            self.passwords = None
        else:
            how = (
                "the same command without --dry-run"
                if self.flags.dry_run
                else f"`invoke apply{self.flags.again}`"
            )
            self.say(*report.of_outcome(outcome, how))
            if outcome.entry and self.command in TAKEN_BACK:
                self.say("`invoke rollback` takes it back.")
        remainder = outcome.proposal.remainder
        is_to_do = outcome.proposal.plan or outcome.proposal.rewrites
        if (is_to_do and not outcome.applied) or (remainder and remainder.by_hand):
            raise Exit(code=FINDINGS)

    def tell_snapshot(self, saved: Saved) -> None:
        """Say where a snapshot is, what is in it, and what could not be read."""
        from futel_twilio import report, snapshot

        self.waiting.stop()
        held = snapshot.counts(saved.document)
        if self.flags.json:
            not_read = saved.document["beyond"]["not_read"]
            found = {"file": str(saved.path), "account": self.site.api.settings.account_sid}
            self.say_json({**found, "holds": held, "not_read": not_read, "requests": saved.requests})
        else:
            self.say(*report.of_snapshot(saved, held))

    def recover(self, recovery: Recovery) -> None:
        """Say what a recovery did, and what it cannot bring back."""
        if recovery.outcome is None:
            self.waiting.stop()
            self.say_json(None) if self.flags.json else self.say(NOTHING_TO_RECOVER[self.command])
            return
        caveats = tuple(f"! {line}" for line in recovery.cannot)
        if self.flags.json:
            self.say(*caveats, stderr=True)
        self.close(recovery.outcome)
        if recovery.outcome.applied and not self.flags.json:
            self.say(*caveats)  # which were shown with the plan too; a person has to act on some
        self.say(*recovery.differences, stderr=self.flags.json)

    def call_the_roll(self, roster: Roster) -> None:
        """Print rows."""
        from futel_twilio.roster import FOLDS

        self.waiting.stop()
        if self.flags.json:
            self.say_json(list(roster.rows))
        else:
            say_table(roster.table_that_folds(FOLDS))

    def lay_out(self, listing: Listing) -> None:
        """Print a list."""
        from futel_twilio import report

        self.waiting.stop()
        if self.flags.json:
            self.say_json(report.listing_as_json(listing))
        else:
            say_table(report.of_listing(listing))


def _of_incomplete(runs: Sequence[Entry], command: str) -> str:
    """The runs that wait to be settled, the latest first, in one line."""
    if len(runs) == 1:
        return f"{runs[0].in_words} was {HALF_DONE[runs[0].state]}: {HOW_TO_SETTLE}."
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
        say(title, *lines, stderr=stderr)


def _ask(proposal: Proposal) -> None:
    from futel_twilio.errors import Refused

    why = " and ".join(proposal.asks_first)
    if not sys.stdin.isatty():
        raise Refused(
            f"This asks first, because {why}, and there is no terminal to ask at. Nothing was changed.",
            "Look at the plan with --dry-run, and answer with --yes.",
        )
    account = proposal.settings.account_sid
    if not says_yes(f"Account {account}: {why}. Go on?"):
        raise Refused("The answer was not yes. Nothing was changed.", "Run it again and type yes to go on.")


@contextmanager
def opened(flags: Flags, command: str, reads: Sequence[str] = ()) -> Iterator[Desk]:
    """A desk at the site that the flags name; estate.toml of this directory, else of the project.

    The lists that are read in any case are asked for at once, unless the flags are to be refused.
    """
    from futel_twilio import account, inventory

    urls = {str(flags.env): flags.dialplans} if flags.dialplans is not None else {}
    to_be_told = inventory.everybody if command in OF_THE_JOURNAL else partial(_is_told, flags=flags)
    reached = account.at(flags.profile, dialplans=urls, to_be_told=to_be_told)
    with ExitStack() as held:
        site = _entered(held, reached, command)
        site.environments(flags.env)
        site.api.ask_ahead(() if site.out_of_reach() else reads)
        found = Desk(site, flags, command)
        found.waiting.start("reading")
        try:
            yield found
        finally:
            found.waiting.stop()


def _entered(held: ExitStack, reached: AbstractContextManager[Site], command: str) -> Site:
    """The site; where it cannot be reached, whoever would undo something is told what can still be looked at."""
    from futel_twilio.errors import BadInput

    try:
        return held.enter_context(reached)
    except BadInput as error:
        if command in OF_THE_JOURNAL:
            error.remedy += " `invoke history` shows all the same what was changed, and needs none of that."
        raise


def _is_told(name: str, flags: Flags) -> bool:
    """Whether a command says where a phone stands, so that clients.toml need not."""
    return flags.name == name and bool(flags.address)
