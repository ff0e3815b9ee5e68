"""One run of a command in a terminal: its options, its workspace, what it shows and what it asks."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from futel_twilio.apply.result import ApplyOptions, RunOptions
from futel_twilio.cli import arguments, confirmation, notices, result_output, views
from futel_twilio.cli.console import Spinner, print_json, print_lines
from futel_twilio.config import inventory
from futel_twilio.config.connection import SANDBOX_STATE
from futel_twilio.config.estate import notices_of_pending
from futel_twilio.config.variables import here
from futel_twilio.errors import BadInput
from futel_twilio.files import gitignore
from futel_twilio.passwords import store
from futel_twilio.plan.changes import makes_password
from futel_twilio.snapshots.twin import open_twin
from futel_twilio.twilio_api.emergency import PATIENCE_SECONDS
from futel_twilio.workspace import ledger_of, open_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from futel_twilio.apply.result import Plan
    from futel_twilio.cli.options import Options
    from futel_twilio.commands.clients import ClientOptions
    from futel_twilio.passwords.handover import PasswordHandover
    from futel_twilio.snapshots.twin import Twin
    from futel_twilio.workspace import Workspace


class Session:
    """One run of a command at a terminal, with its options and its workspace."""

    def __init__(
        self, workspace: Workspace, flags: Options, command: str = "", twin: Twin | None = None
    ) -> None:
        self.workspace = workspace
        self.twin = twin
        self.options = flags
        self.command = command
        self.writes = False
        self.passwords: PasswordHandover | None = None
        self.spinner = Spinner(shown=sys.stderr.isatty() and not flags.json)
        if workspace.estate_file.parent != here() and not flags.json and not twin:
            print_lines(
                f"(reading {workspace.estate_file}: this directory has no {workspace.estate_file.name})",
                stderr=True,
            )
        print_lines(*(f"! {line}" for line in notices_of_pending(workspace.estate_file)), stderr=True)
        if workspace.api.connection.embedded:
            offered = gitignore.offers([here() / SANDBOX_STATE], "names and addresses")
            print_lines(*(f"! {line}" for line in offered), stderr=True)
        workspace.api.tell = self._announce_wait
        notices.print_incomplete_runs(self)

    def _announce_wait(self, words: str) -> None:
        self.spinner.stop()
        print_lines(words, stderr=True)

    def say(self, *lines: str, stderr: bool = False) -> None:
        """Print lines, with the profile of this command added to each command that they name."""
        print_lines(*map(self.options.complete, lines), stderr=stderr)

    def say_json(self, document: Any) -> None:
        """Print a document, with the profile added in the same way."""
        if self.twin and isinstance(document, dict):
            document = document | {"twin": {"changes": result_output.twin_lines(self.twin)}}
        print_json(self.options.completed(document))

    @property
    def env(self) -> str:
        """The environment, for commands that require one."""
        return str(self.options.env)

    @property
    def name(self) -> str:
        """The phone, for commands that require one."""
        return str(self.options.name)

    @property
    def number(self) -> str:
        """The number, for commands that require one."""
        return str(self.options.number)

    @property
    def client_options(self) -> ClientOptions:
        """The options about a phone, from the flags."""
        return arguments.client_options(self.options)

    @property
    def run_options(self) -> RunOptions:
        """The options of a command that writes.

        Raises:
            BadInput: the given password breaks a rule, or passwords cannot be kept where the flags say.
        """
        flags = self.options
        self.passwords = self.passwords or store.open_password_store(
            ledger_of(self.workspace),
            typed_for=flags.name if flags.password_stdin else None,
            source=sys.stdin,
            file=None if self.twin else flags.password_file,
            keyring=flags.keyring and not self.twin,
        )
        wait = 0.0 if self.options.no_wait else PATIENCE_SECONDS
        return RunOptions(
            self.confirm,
            self.on_progress,
            ApplyOptions(self.passwords, wait),
            f"{self.command}{flags.typed}",
            self._reason_to_skip_rehearsal(),
            tuple(self.options.allow_unanswered),
        )

    def _reason_to_skip_rehearsal(self) -> str:
        """Why the rehearsal is skipped; empty if it is not.

        Raises:
            BadInput: the flag has no reason.
        """
        reason = self.options.skip_rehearsal
        if reason is not None and not reason.strip():
            raise BadInput("--skip-rehearsal needs a reason.", "Say why, in quotes: the history keeps it.")
        return (reason or "").strip()

    @property
    def read_options(self) -> RunOptions:
        """The options of a command that only shows."""
        return RunOptions(self.show)

    def show(self, plan: Plan) -> bool:
        """Show what would change, and change nothing."""
        self.spinner.stop()
        if not self.options.json:
            self.say(*views.plan_lines(plan))
            if plan.refusal and not self.writes:
                self.say(*(f"! {line}" for line in plan.refusal.lines))
        return False

    def confirm(self, plan: Plan) -> bool:
        """Show what would change, and ask if the plan needs it.

        Raises:
            Refused: a guard refuses the plan, the answer was not yes, or there is no terminal to ask at.
            BadInput: the plan makes a password, and the ledger of passwords cannot be written.
        """
        self.writes = not self.options.dry_run
        self.show(plan)
        if self.options.dry_run:
            return False
        if plan.refusal:
            raise plan.refusal
        if any(makes_password(change) for change in plan.changes):
            ledger_of(self.workspace).require_writable()
        if not self.twin:  # on a twin nothing is written in the account, so nothing is asked
            if plan.reasons_to_confirm and not self.options.yes and not plan.connection.is_sandbox:
                confirmation.ask_about(plan)
            confirmation.offer_to_ignore(self)
        self.spinner.start("writing")
        return True

    def on_progress(self, done: int, of: int, latest: str) -> None:
        self.spinner.say(f"{done} of {of}: {latest}" if done < of else f"{done} of {of}, verifying")


@contextmanager
def open_session(flags: Options, command: str, reads: Sequence[str] = ()) -> Iterator[Session]:
    """Open the workspace that the flags name, with estate.toml of this directory, else of the project.

    The lists in `reads` are requested at once, unless the flags are refused.
    """
    urls = {str(flags.env): flags.dialplans} if flags.dialplans is not None else {}
    without_address = (
        inventory.everybody if command in notices.RECOVERY_COMMANDS else partial(_gets_address, flags=flags)
    )
    reached = open_workspace(flags.profile, dialplans=urls, may_lack_address=without_address)
    with ExitStack() as held:
        workspace = _entered(held, reached, command)
        workspace.environments(flags.env)
        twin = held.enter_context(open_twin(workspace)) if flags.twin else None
        workspace = twin.workspace if twin else workspace
        workspace.api.prefetch(() if workspace.out_of_reach() else reads)
        found = Session(workspace, flags, command, twin)
        found.spinner.start("reading")
        try:
            yield found
        finally:
            found.spinner.stop()


def _entered(held: ExitStack, reached: AbstractContextManager[Workspace], command: str) -> Workspace:
    """Open the workspace; if a recovery cannot, name the command that still works."""
    try:
        return held.enter_context(reached)
    except BadInput as error:
        if command in notices.RECOVERY_COMMANDS:
            error.hint += " `invoke history` shows what was changed, and needs none of that."
        raise


def _gets_address(name: str, flags: Options) -> bool:
    """Whether the flags give a phone's address, so that clients.toml need not have one."""
    return flags.name == name and bool(flags.address)
