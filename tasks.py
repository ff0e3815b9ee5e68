"""The doors: one Invoke task per command of the runbook. `invoke --list` shows them all."""

from __future__ import annotations

import atexit
import gc
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, cast

from invoke.tasks import task

# Invoke keeps Python from writing compiled files, so that each command would compile the package anew, for a sixth of
# its time. And a command lives for a second: looking for cycles while it loads, and through all of it once more when
# it ends, would take a tenth.
sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)
gc.set_threshold(100_000)
atexit.register(gc.freeze)
# And requests would load what guesses an encoding that an answer does not name, for a twentieth; it can do without,
# which it warns of, and nothing is left to be guessed here: Twilio answers in JSON, which is UTF-8.
sys.modules.setdefault("charset_normalizer", cast("ModuleType", None))
warnings.filterwarnings("ignore", "Unable to find acceptable character detection")

from futel_twilio.apply import converge
from futel_twilio.audit import runner
from futel_twilio.audit.baseline import require, settle
from futel_twilio.cli import options
from futel_twilio.cli.audit_output import forget_report, print_audit
from futel_twilio.cli.command import PROMOTION_LISTS, SETUP_LISTS, AccountCommand, Command, LazyModule
from futel_twilio.cli.console import print_lines, say_settled, stand_in_for_closed_streams, with_spinner
from futel_twilio.cli.demo import tell
from futel_twilio.cli.options import (
    AUDIT_FLAGS,
    CLIENT_DETAIL_FLAGS,
    CLIENT_FLAGS,
    EMERGENCY_FLAGS,
    PASSWORD_FLAGS,
    READ_FLAGS,
    WRITE_FLAGS,
    Options,
)
from futel_twilio.cli.sandbox import serve
from futel_twilio.cli.session import print_findings, print_history
from futel_twilio.commands import addresses, credentials, listing, numbers, promotion
from futel_twilio.commands import restore as restore_module
from futel_twilio.commands import resume as resume_module
from futel_twilio.commands import rollback as rollback_module
from futel_twilio.commands import setup as setup_module
from futel_twilio.commands.doctor import examine
from futel_twilio.commands.history import read_history
from futel_twilio.commands.rollback import entry_number
from futel_twilio.commands.setup import scope_of
from futel_twilio.resources import types
from futel_twilio.snapshots import capture

stand_in_for_closed_streams()

if TYPE_CHECKING:
    from types import ModuleType

    from futel_twilio.cli.session import Session
    from futel_twilio.commands import clients
else:
    runbook = LazyModule("futel_twilio.apply.converge")
    kinds = LazyModule("futel_twilio.resources.types")
    clients = LazyModule("futel_twilio.commands.clients")
    belongings = LazyModule("futel_twilio.commands.numbers")
    recovery = LazyModule("futel_twilio.commands.replay")
    past = LazyModule("futel_twilio.commands.history")
    camera = LazyModule("futel_twilio.snapshots.capture")
    restoring = LazyModule("futel_twilio.commands.restore")
    roster = LazyModule("futel_twilio.commands.listing")
    story = LazyModule("futel_twilio.cli.demo")
    the_audit = LazyModule("futel_twilio.audit.session")
    the_baseline = LazyModule("futel_twilio.audit.baseline")
    the_doctor = LazyModule("futel_twilio.commands.doctor")

# --- Set up, once -----------------------------------------------------------------------------------


@task(klass=AccountCommand, flags=WRITE_FLAGS)
def create_applications(at: Session) -> None:
    """Create the TwiML applications that phone numbers use."""
    at.finish(setup_module.create_applications(at.workspace, at.options.env, at.run_options))


@task(klass=AccountCommand, flags=WRITE_FLAGS)
def create_domains(at: Session) -> None:
    """Create the SIP domains that phones register with."""
    at.finish(setup_module.create_domains(at.workspace, at.options.env, at.run_options))


@task(klass=AccountCommand, flags=WRITE_FLAGS)
def create_credential_list(at: Session) -> None:
    """Create the credential list that holds the phones' passwords."""
    at.finish(setup_module.create_credential_list(at.workspace, at.options.env, at.run_options))


@task(klass=AccountCommand, flags=WRITE_FLAGS)
def create_registration_mappings(at: Session) -> None:
    """Let the phones of the credential list register with the SIP domains."""
    at.finish(setup_module.create_registration_mappings(at.workspace, at.options.env, at.run_options))


@task(klass=AccountCommand, flags=WRITE_FLAGS)
def create_voice_mappings(at: Session) -> None:
    """Let the phones of the credential list call through the SIP domains."""
    at.finish(setup_module.create_voice_mappings(at.workspace, at.options.env, at.run_options))


@task(klass=AccountCommand, flags=WRITE_FLAGS, reads=SETUP_LISTS)
def setup(at: Session) -> None:
    """Do all of the above, in one plan."""
    at.finish(setup_module.setup(at.workspace, at.options.env, at.run_options))


# --- Look -------------------------------------------------------------------------------------------


@task(klass=AccountCommand, flags=READ_FLAGS)
def list_applications(at: Session) -> None:
    """List the TwiML applications beside what is wished."""
    at.print_listing(listing.listing(at.workspace, types.APPLICATION, at.options.env))


@task(klass=AccountCommand, flags=READ_FLAGS)
def list_domains(at: Session) -> None:
    """List the SIP domains beside what is wished."""
    at.print_listing(listing.listing(at.workspace, types.SIP_DOMAIN, at.options.env))


@task(klass=AccountCommand, flags=READ_FLAGS)
def list_credential_lists(at: Session) -> None:
    """List the credential lists beside what is wished."""
    at.print_listing(listing.listing(at.workspace, types.CREDENTIAL_LIST, at.options.env))


@task(klass=AccountCommand, flags=READ_FLAGS)
def list_mappings(at: Session) -> None:
    """List which credential list may register with and call through which SIP domain."""
    at.print_listing(listing.listing(at.workspace, types.VOICE_MAPPING, at.options.env))


@task(klass=AccountCommand, flags=(*READ_FLAGS, "only"))
def plan(at: Session) -> None:
    """Show what would change at Twilio; exits with 1 if something would."""
    scope = scope_of(at.workspace, at.options.env, at.options.only)
    at.finish_plan(converge.converge(at.workspace, scope, at.read_options))


@task(klass=Command, flags=("profile", "json"))
def doctor(flags: Options) -> None:
    """Look whether the set-up is right: estate file, credentials, account, rights."""
    print_findings(examine(flags.profile), flags)


# --- Change -----------------------------------------------------------------------------------------


@task(klass=AccountCommand, flags=(*WRITE_FLAGS, "only", "remove", "allow_911_loss", "allow_unanswered"))
def apply(at: Session) -> None:
    """Bring Twilio to what estate.toml wishes."""
    flags = at.options
    scope = scope_of(at.workspace, flags.env, flags.only, flags.remove, flags.allow_911_loss)
    at.finish(converge.converge(at.workspace, scope, at.run_options))


@task(klass=AccountCommand, flags=(*WRITE_FLAGS, "dialplans", "skip_rehearsal"), required=["env"])
def update_applications(at: Session) -> None:
    """Bring the TwiML applications of one environment to the wish."""
    at.finish(promotion.update_applications(at.workspace, at.env, at.run_options))


@task(klass=AccountCommand, flags=(*WRITE_FLAGS, "dialplans", "skip_rehearsal"), required=["env"])
def update_domains(at: Session) -> None:
    """Bring the SIP domains of one environment to the wish."""
    at.finish(promotion.update_domains(at.workspace, at.env, at.run_options))


@task(
    klass=AccountCommand,
    flags=(*WRITE_FLAGS, "dialplans", "skip_rehearsal"),
    required=["env"],
    reads=PROMOTION_LISTS,
)
def update(at: Session) -> None:
    """Bring applications and SIP domains of one environment to the wish."""
    at.finish(promotion.update(at.workspace, at.env, at.run_options))


@task(klass=AccountCommand, flags=(*READ_FLAGS, "dialplans"), required=["env"])
def rehearse(at: Session) -> None:
    """Ask the dialplans of an environment what Twilio would ask; promote does it by itself."""
    at.print_rehearsal(promotion.rehearse(at.workspace, at.env))


@task(
    klass=AccountCommand,
    flags=(*WRITE_FLAGS, "dialplans", "skip_rehearsal"),
    required=["env"],
    reads=PROMOTION_LISTS,
)
def promote(at: Session) -> None:
    """Point an environment to its new installation, and the others off it."""
    at.finish(promotion.promote(at.workspace, at.env, at.run_options))


# --- Undo -------------------------------------------------------------------------------------------


@task(klass=Command, flags=("profile", "json"))
def history(flags: Options) -> None:
    """List what was changed with this tool, by whom and when."""
    print_history(read_history(flags.profile), flags)


@task(
    klass=AccountCommand,
    flags=("to", "force", "allow_911_loss", "allow_unanswered", "profile", "dry_run", "yes", "json"),
)
def rollback(at: Session) -> None:
    """Put back what the last command changed, or all from an entry of the history on."""
    flags = at.options
    entry = entry_number(flags.to)
    at.finish_recovery(
        rollback_module.rollback(at.workspace, entry, flags.force, flags.allow_911_loss, at.run_options)
    )


@task(
    klass=AccountCommand,
    flags=(
        "undo",
        "force",
        "allow_911_loss",
        "allow_unanswered",
        "profile",
        "dry_run",
        "yes",
        "json",
        *PASSWORD_FLAGS,
    ),
)
def resume(at: Session) -> None:
    """Finish what a killed run left half done, or take it back."""
    flags = at.options
    at.finish_recovery(
        resume_module.resume(
            at.workspace,
            undo=flags.undo,
            force=flags.force,
            allow_911_loss=flags.allow_911_loss,
            options=at.run_options,
        )
    )


# --- Keep -------------------------------------------------------------------------------------------


@task(klass=AccountCommand, flags=("file", "profile", "json"), bare="file")
def snapshot(at: Session) -> None:
    """Write the whole account into a file, as far as Twilio tells it."""
    at.print_snapshot(capture.save(at.workspace.api, Path(at.options.file) if at.options.file else None))


@task(
    klass=AccountCommand,
    flags=(
        "file",
        "profile",
        "dry_run",
        "yes",
        "json",
        "only",
        "buy_again",
        "take_over",
        "allow_911_loss",
        "allow_unanswered",
        "into_another_account",
        "skip_rehearsal",
        "no_wait",
        *PASSWORD_FLAGS,
    ),
    required=["file"],
    bare="file",
)
def restore(at: Session) -> None:
    """Bring an account back to what a snapshot holds; exits with 1 if something is left for a person."""
    file, said = Path(str(at.options.file)), options.restore_options(at.options)
    at.finish(restore_module.restore(at.workspace, file, said, at.run_options))


# --- Phones -----------------------------------------------------------------------------------------


@task(
    klass=AccountCommand,
    flags=(*WRITE_FLAGS, *PASSWORD_FLAGS, *EMERGENCY_FLAGS, "remove", "allow_911_loss", "take_over"),
    required=["env"],
)
def sync_clients(at: Session) -> None:
    """Bring all phones of an environment to the inventory, in one plan."""
    at.run_with_corrections(
        lambda: clients.sync_clients(at.workspace, at.env, at.client_options, at.run_options)
    )


@task(
    klass=AccountCommand,
    flags=(
        *CLIENT_FLAGS,
        "env",
        "number",
        "buy",
        "no_number",
        "address",
        "device",
        "password_stdin",
        *PASSWORD_FLAGS,
        *EMERGENCY_FLAGS,
        "take_over",
        "allow_911_loss",
    ),
    required=["name", "env"],
    bare="name",
)
def add_client(at: Session) -> None:
    """Give a phone of the inventory all it needs: credential, number, application, 911 address."""
    at.run_with_corrections(
        lambda: clients.add_client(at.workspace, at.name, at.client_options, at.run_options)
    )


@task(
    klass=AccountCommand,
    flags=(*CLIENT_FLAGS, "env", *CLIENT_DETAIL_FLAGS, "allow_911_loss"),
    required=["name"],
    bare="name",
)
def update_client(at: Session) -> None:
    """Bring one phone's number and 911 to the inventory, or to what is said anew."""
    at.run_with_corrections(
        lambda: clients.update_client(at.workspace, at.name, at.client_options, at.run_options)
    )


@task(
    klass=AccountCommand,
    flags=(*CLIENT_FLAGS, "address", *EMERGENCY_FLAGS, "allow_911_loss"),
    required=["name"],
    bare="name",
)
def change_address(at: Session) -> None:
    """Let 911 be told another address for a phone: off, wait, on, wait."""
    at.run_with_corrections(
        # `at.flags` anew each time: after a correction the address is that of clients.toml.
        lambda: clients.change_address(
            at.workspace, at.name, at.options.address, at.run_options, at.options.allow_911_loss
        )
    )


@task(
    klass=AccountCommand,
    flags=(*CLIENT_FLAGS, "release_number", "allow_911_loss"),
    required=["name"],
    bare="name",
)
def delete_client(at: Session) -> None:
    """Take a phone away; its number is kept unless it is typed back."""
    at.finish(
        clients.delete_client(
            at.workspace, at.name, at.options.release_number, at.client_options, at.run_options
        )
    )


@task(klass=AccountCommand, flags=READ_FLAGS)
def list_clients(at: Session) -> None:
    """List the phones: credential, number, application, 911."""
    at.print_table(listing.clients(at.workspace, at.options.env))


@task(
    klass=AccountCommand,
    flags=(*CLIENT_FLAGS, "password_stdin", *PASSWORD_FLAGS),
    required=["name"],
    bare="name",
)
def create_credential(at: Session) -> None:
    """Make the credential of a phone, with a new password."""
    at.finish(credentials.create_credential(at.workspace, at.name, at.run_options))


@task(
    klass=AccountCommand,
    flags=(*CLIENT_FLAGS, "password_stdin", *PASSWORD_FLAGS),
    required=["name"],
    bare="name",
)
def rotate_credential(at: Session) -> None:
    """Give a phone's credential a new password, and change nothing else."""
    at.finish(credentials.rotate_credential(at.workspace, at.name, at.run_options))


@task(klass=AccountCommand, flags=(*CLIENT_FLAGS, "allow_911_loss"), required=["name"], bare="name")
def delete_credential(at: Session) -> None:
    """Take away a credential that no phone of the inventory has."""
    at.finish(credentials.delete_credential(at.workspace, at.name, at.run_options, at.options.allow_911_loss))


@task(klass=AccountCommand, flags=("profile", "json"))
def list_credentials(at: Session) -> None:
    """List the credentials: their age, and who changed them."""
    at.print_table(listing.credentials(at.workspace))


@task(klass=AccountCommand, flags=("profile", "json", "area_code", "contains"))
def list_available_numbers(at: Session) -> None:
    """List numbers that can be bought."""
    at.print_table(listing.available(at.workspace, at.options.area_code, at.options.contains))


@task(
    klass=AccountCommand,
    flags=(*WRITE_FLAGS, "number", "buy", *EMERGENCY_FLAGS, "allow_911_loss"),
    bare="number",
)
def create_number(at: Session) -> None:
    """Buy a number and configure it."""
    flags = at.options
    at.run_with_corrections(
        lambda: numbers.create_number(
            at.workspace, flags.number, flags.buy, flags.env, at.run_options, flags.allow_911_loss
        )
    )


@task(klass=AccountCommand, flags=("profile", "json"))
def list_numbers(at: Session) -> None:
    """List the phone numbers beside what is wished."""
    at.print_table(listing.numbers(at.workspace))


@task(
    klass=AccountCommand,
    flags=("number", "profile", "dry_run", "yes", "json", *EMERGENCY_FLAGS, "take_over", "allow_911_loss"),
    required=["number"],
    bare="number",
)
def update_number(at: Session) -> None:
    """Bring one number to what the inventory wishes of it."""
    flags = at.options
    at.run_with_corrections(
        lambda: numbers.update_number(
            at.workspace, at.number, flags.take_over, at.run_options, flags.allow_911_loss
        )
    )


@task(
    klass=AccountCommand,
    flags=("number", "profile", "dry_run", "yes", "json", "release_number", "allow_911_loss"),
    required=["number"],
    bare="number",
)
def delete_number(at: Session) -> None:
    """Release a number, which never comes back; it has to be typed twice."""
    flags = at.options
    at.finish(
        numbers.delete_number(
            at.workspace, at.number, flags.release_number, flags.allow_911_loss, at.run_options
        )
    )


@task(klass=AccountCommand, flags=(*CLIENT_FLAGS, "accept_corrections"), required=["name"], bare="name")
def create_address(at: Session) -> None:
    """Make the emergency address of a phone, as clients.toml says it."""
    at.run_with_corrections(lambda: addresses.create_address(at.workspace, at.name, at.run_options))


@task(klass=AccountCommand, flags=("profile", "json"))
def list_addresses(at: Session) -> None:
    """List the addresses, and which numbers tell them to 911."""
    at.print_table(listing.addresses(at.workspace))


@task(
    klass=AccountCommand,
    flags=("address", "profile", "dry_run", "yes", "json"),
    required=["address"],
    bare="address",
)
def delete_address(at: Session) -> None:
    """Take away an address that nothing needs."""
    at.finish(addresses.delete_address(at.workspace, str(at.options.address), at.run_options))


# --- Audit ------------------------------------------------------------------------------------------


@task(klass=Command, flags=AUDIT_FLAGS)
def audit(flags: Options) -> None:
    """Check that the account is what it should be; exits with 1 if it is not."""
    forget_report(flags)
    print_audit(with_spinner(lambda: runner.run(**flags.looking), "auditing"), flags)


@task(klass=Command, flags=("env", "profile"), required=["profile"])
def record(flags: Options) -> None:
    """Record what the checks read, scrubbed, so that they can be replayed offline."""
    print_lines(f"Recorded {runner.record(profile=flags.profile, env=flags.env)}.")


@task(klass=Command, flags=("live", "env", "profile", "check", "prune", "by", "reason", "until"))
def baseline(flags: Options) -> None:
    """Accept today's findings for now, as found; those about 911 or fraud one at a time."""
    require(flags)
    say_settled(settle(runner.run(**flags.looking), flags), flags)


# --- Rehearse ---------------------------------------------------------------------------------------


@task(klass=Command, flags=("port", "state", "latency", "account", "reset", "json"))
def sandbox(flags: Options) -> None:
    """Serve the sandbox, a small Twilio, until interrupted."""
    serve(flags)


@task(klass=Command, flags=("json",))
def demo(flags: Options) -> None:
    """Tell the whole story on a fresh sandbox, in a few seconds."""
    tell(as_json=flags.json)
