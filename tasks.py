"""One Invoke task for each command of the runbook. `invoke --list` shows them all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from invoke.tasks import task

from futel_twilio.cli import startup  # noqa: F401  # first: it decides how the rest is loaded
from futel_twilio.cli.command import PROMOTION_LISTS, SETUP_LISTS, AccountCommand, Command, LazyModule
from futel_twilio.cli.console import print_lines, say_settled, stand_in_for_closed_streams, with_spinner
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

stand_in_for_closed_streams()

if TYPE_CHECKING:
    from futel_twilio.apply import converge as engine
    from futel_twilio.audit import baseline as audit_baseline
    from futel_twilio.audit import runner as audit_runner
    from futel_twilio.cli import arguments, audit_output, confirmation, result_output
    from futel_twilio.cli import demo as demo_story
    from futel_twilio.cli import sandbox as sandbox_server
    from futel_twilio.cli.session import Session
    from futel_twilio.commands import addresses, clients, credentials, listing, numbers, promotion
    from futel_twilio.commands import doctor as doctor_commands
    from futel_twilio.commands import history as history_commands
    from futel_twilio.commands import restore as restore_commands
    from futel_twilio.commands import resume as resume_commands
    from futel_twilio.commands import rollback as rollback_commands
    from futel_twilio.commands import setup as setup_commands
    from futel_twilio.resources import types
    from futel_twilio.snapshots import capture
else:
    engine = LazyModule("futel_twilio.apply.converge")
    audit_baseline = LazyModule("futel_twilio.audit.baseline")
    audit_runner = LazyModule("futel_twilio.audit.runner")
    arguments = LazyModule("futel_twilio.cli.arguments")
    audit_output = LazyModule("futel_twilio.cli.audit_output")
    confirmation = LazyModule("futel_twilio.cli.confirmation")
    demo_story = LazyModule("futel_twilio.cli.demo")
    result_output = LazyModule("futel_twilio.cli.result_output")
    sandbox_server = LazyModule("futel_twilio.cli.sandbox")
    addresses = LazyModule("futel_twilio.commands.addresses")
    clients = LazyModule("futel_twilio.commands.clients")
    credentials = LazyModule("futel_twilio.commands.credentials")
    doctor_commands = LazyModule("futel_twilio.commands.doctor")
    history_commands = LazyModule("futel_twilio.commands.history")
    listing = LazyModule("futel_twilio.commands.listing")
    numbers = LazyModule("futel_twilio.commands.numbers")
    promotion = LazyModule("futel_twilio.commands.promotion")
    restore_commands = LazyModule("futel_twilio.commands.restore")
    resume_commands = LazyModule("futel_twilio.commands.resume")
    rollback_commands = LazyModule("futel_twilio.commands.rollback")
    setup_commands = LazyModule("futel_twilio.commands.setup")
    types = LazyModule("futel_twilio.resources.types")
    capture = LazyModule("futel_twilio.snapshots.capture")

# --- Set up, once -----------------------------------------------------------------------------------


@task(klass=AccountCommand, flags=WRITE_FLAGS)
def create_applications(session: Session) -> None:
    """Create the TwiML applications that phone numbers use."""
    result_output.finish(
        session,
        setup_commands.create_applications(session.workspace, session.options.env, session.run_options),
    )


@task(klass=AccountCommand, flags=WRITE_FLAGS)
def create_domains(session: Session) -> None:
    """Create the SIP domains that phones register with."""
    result_output.finish(
        session, setup_commands.create_domains(session.workspace, session.options.env, session.run_options)
    )


@task(klass=AccountCommand, flags=WRITE_FLAGS)
def create_credential_list(session: Session) -> None:
    """Create the credential list that holds the phones' passwords."""
    result_output.finish(
        session,
        setup_commands.create_credential_list(session.workspace, session.options.env, session.run_options),
    )


@task(klass=AccountCommand, flags=WRITE_FLAGS)
def create_registration_mappings(session: Session) -> None:
    """Let the phones of the credential list register with the SIP domains."""
    result_output.finish(
        session,
        setup_commands.create_registration_mappings(
            session.workspace, session.options.env, session.run_options
        ),
    )


@task(klass=AccountCommand, flags=WRITE_FLAGS)
def create_voice_mappings(session: Session) -> None:
    """Let the phones of the credential list call through the SIP domains."""
    result_output.finish(
        session,
        setup_commands.create_voice_mappings(session.workspace, session.options.env, session.run_options),
    )


@task(klass=AccountCommand, flags=WRITE_FLAGS, reads=SETUP_LISTS)
def setup(session: Session) -> None:
    """Do all of the above, in one plan."""
    result_output.finish(
        session, setup_commands.setup(session.workspace, session.options.env, session.run_options)
    )


# --- Look -------------------------------------------------------------------------------------------


@task(klass=AccountCommand, flags=READ_FLAGS)
def list_applications(session: Session) -> None:
    """List the TwiML applications and whether each is in sync."""
    result_output.print_listing(
        session, listing.listing(session.workspace, types.APPLICATION, session.options.env)
    )


@task(klass=AccountCommand, flags=READ_FLAGS)
def list_domains(session: Session) -> None:
    """List the SIP domains and whether each is in sync."""
    result_output.print_listing(
        session, listing.listing(session.workspace, types.SIP_DOMAIN, session.options.env)
    )


@task(klass=AccountCommand, flags=READ_FLAGS)
def list_credential_lists(session: Session) -> None:
    """List the credential lists and whether each is in sync."""
    result_output.print_listing(
        session, listing.listing(session.workspace, types.CREDENTIAL_LIST, session.options.env)
    )


@task(klass=AccountCommand, flags=READ_FLAGS)
def list_mappings(session: Session) -> None:
    """List which credential list may register with and call through which SIP domain."""
    result_output.print_listing(
        session, listing.listing(session.workspace, types.VOICE_MAPPING, session.options.env)
    )


@task(klass=AccountCommand, flags=(*READ_FLAGS, "only"))
def plan(session: Session) -> None:
    """Show what would change at Twilio; exits with 1 if something would."""
    scope = setup_commands.scope_of(session.workspace, session.options.env, session.options.only)
    result_output.finish_plan(session, engine.converge(session.workspace, scope, session.read_options))


@task(klass=Command, flags=("profile", "json"))
def doctor(flags: Options) -> None:
    """Check the set-up: estate file, credentials, account, rights."""
    result_output.print_findings(doctor_commands.examine(flags.profile), flags)


# --- Change -----------------------------------------------------------------------------------------


@task(klass=AccountCommand, flags=(*WRITE_FLAGS, "only", "remove", "allow_911_loss", "allow_unanswered"))
def apply(session: Session) -> None:
    """Change Twilio to match estate.toml."""
    flags = session.options
    scope = setup_commands.scope_of(
        session.workspace, flags.env, flags.only, flags.remove, flags.allow_911_loss
    )
    result_output.finish(session, engine.converge(session.workspace, scope, session.run_options))


@task(klass=AccountCommand, flags=(*WRITE_FLAGS, "dialplans", "skip_rehearsal"), required=["env"])
def update_applications(session: Session) -> None:
    """Change the TwiML applications of one environment to match estate.toml."""
    result_output.finish(
        session, promotion.update_applications(session.workspace, session.env, session.run_options)
    )


@task(klass=AccountCommand, flags=(*WRITE_FLAGS, "dialplans", "skip_rehearsal"), required=["env"])
def update_domains(session: Session) -> None:
    """Change the SIP domains of one environment to match estate.toml."""
    result_output.finish(
        session, promotion.update_domains(session.workspace, session.env, session.run_options)
    )


@task(
    klass=AccountCommand,
    flags=(*WRITE_FLAGS, "dialplans", "skip_rehearsal"),
    required=["env"],
    reads=PROMOTION_LISTS,
)
def update(session: Session) -> None:
    """Change applications and SIP domains of one environment to match estate.toml."""
    result_output.finish(session, promotion.update(session.workspace, session.env, session.run_options))


@task(klass=AccountCommand, flags=(*READ_FLAGS, "dialplans"), required=["env"])
def rehearse(session: Session) -> None:
    """Ask the dialplans of an environment what Twilio would ask; promote does it too."""
    result_output.print_rehearsal(session, promotion.rehearse(session.workspace, session.env))


@task(
    klass=AccountCommand,
    flags=(*WRITE_FLAGS, "dialplans", "skip_rehearsal"),
    required=["env"],
    reads=PROMOTION_LISTS,
)
def promote(session: Session) -> None:
    """Point an environment to its new installation, and the others off it."""
    result_output.finish(session, promotion.promote(session.workspace, session.env, session.run_options))


# --- Undo -------------------------------------------------------------------------------------------


@task(klass=Command, flags=("profile", "json"))
def history(flags: Options) -> None:
    """List what was changed with this tool, by whom and when."""
    result_output.print_history(history_commands.read_history(flags.profile), flags)


@task(
    klass=AccountCommand,
    flags=("to", "force", "allow_911_loss", "allow_unanswered", "profile", "dry_run", "twin", "yes", "json"),
)
def rollback(session: Session) -> None:
    """Put back what the last command changed, or all from an entry of the history on."""
    flags = session.options
    entry = rollback_commands.entry_number(flags.to)
    result_output.finish_recovery(
        session,
        rollback_commands.rollback(
            session.workspace, entry, flags.force, flags.allow_911_loss, session.run_options
        ),
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
        "twin",
        "yes",
        "json",
        *PASSWORD_FLAGS,
    ),
)
def resume(session: Session) -> None:
    """Finish what a killed run left half done, or undo it."""
    flags = session.options
    result_output.finish_recovery(
        session,
        resume_commands.resume(
            session.workspace,
            undo=flags.undo,
            force=flags.force,
            allow_911_loss=flags.allow_911_loss,
            options=session.run_options,
        ),
    )


# --- Keep -------------------------------------------------------------------------------------------


@task(klass=AccountCommand, flags=("file", "profile", "json"), bare="file")
def snapshot(session: Session) -> None:
    """Write the whole account into a file, except what Twilio does not show."""
    result_output.print_snapshot(
        session,
        capture.save(session.workspace.api, Path(session.options.file) if session.options.file else None),
    )


@task(
    klass=AccountCommand,
    flags=(
        "file",
        "profile",
        "dry_run",
        "twin",
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
def restore(session: Session) -> None:
    """Restore an account from a snapshot; exits with 1 if steps are left for you."""
    file, said = Path(str(session.options.file)), arguments.restore_options(session.options)
    result_output.finish(
        session, restore_commands.restore(session.workspace, file, said, session.run_options)
    )


# --- Phones -----------------------------------------------------------------------------------------


@task(
    klass=AccountCommand,
    flags=(*WRITE_FLAGS, *PASSWORD_FLAGS, *EMERGENCY_FLAGS, "remove", "allow_911_loss", "take_over"),
    required=["env"],
)
def sync_clients(session: Session) -> None:
    """Bring all phones of an environment to the inventory, in one plan."""
    confirmation.run_with_corrections(
        session,
        lambda: clients.sync_clients(
            session.workspace, session.env, session.client_options, session.run_options
        ),
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
def add_client(session: Session) -> None:
    """Give a phone of the inventory all it needs: credential, number, application, 911 address."""
    confirmation.run_with_corrections(
        session,
        lambda: clients.add_client(
            session.workspace, session.name, session.client_options, session.run_options
        ),
    )


@task(
    klass=AccountCommand,
    flags=(*CLIENT_FLAGS, "env", *CLIENT_DETAIL_FLAGS, "allow_911_loss"),
    required=["name"],
    bare="name",
)
def update_client(session: Session) -> None:
    """Bring one phone's number and 911 to the inventory, or to what is said anew."""
    confirmation.run_with_corrections(
        session,
        lambda: clients.update_client(
            session.workspace, session.name, session.client_options, session.run_options
        ),
    )


@task(
    klass=AccountCommand,
    flags=(*CLIENT_FLAGS, "address", *EMERGENCY_FLAGS, "allow_911_loss"),
    required=["name"],
    bare="name",
)
def change_address(session: Session) -> None:
    """Change a phone's 911 address (takes minutes)."""
    confirmation.run_with_corrections(
        session,
        # Read `session.options` each time: after a correction the address is in clients.toml.
        lambda: clients.change_address(
            session.workspace,
            session.name,
            session.options.address,
            session.run_options,
            session.options.allow_911_loss,
        ),
    )


@task(
    klass=AccountCommand,
    flags=(*CLIENT_FLAGS, "release_number", "allow_911_loss"),
    required=["name"],
    bare="name",
)
def delete_client(session: Session) -> None:
    """Remove a phone; its number is kept unless you type it back."""
    result_output.finish(
        session,
        clients.delete_client(
            session.workspace,
            session.name,
            session.options.release_number,
            session.client_options,
            session.run_options,
        ),
    )


@task(klass=AccountCommand, flags=READ_FLAGS)
def list_clients(session: Session) -> None:
    """List the phones: credential, number, application, 911."""
    result_output.print_rows(session, listing.clients(session.workspace, session.options.env))


@task(
    klass=AccountCommand,
    flags=(*CLIENT_FLAGS, "password_stdin", *PASSWORD_FLAGS),
    required=["name"],
    bare="name",
)
def create_credential(session: Session) -> None:
    """Make the credential of a phone, with a new password."""
    result_output.finish(
        session, credentials.create_credential(session.workspace, session.name, session.run_options)
    )


@task(
    klass=AccountCommand,
    flags=(*CLIENT_FLAGS, "password_stdin", *PASSWORD_FLAGS),
    required=["name"],
    bare="name",
)
def rotate_credential(session: Session) -> None:
    """Give a phone's credential a new password, and change nothing else."""
    result_output.finish(
        session, credentials.rotate_credential(session.workspace, session.name, session.run_options)
    )


@task(klass=AccountCommand, flags=(*CLIENT_FLAGS, "allow_911_loss"), required=["name"], bare="name")
def delete_credential(session: Session) -> None:
    """Delete a credential that no phone of the inventory has."""
    result_output.finish(
        session,
        credentials.delete_credential(
            session.workspace, session.name, session.run_options, session.options.allow_911_loss
        ),
    )


@task(klass=AccountCommand, flags=("profile", "json"))
def list_credentials(session: Session) -> None:
    """List the credentials: their age, and who changed them."""
    result_output.print_rows(session, listing.credentials(session.workspace))


@task(klass=AccountCommand, flags=("profile", "json", "area_code", "contains"))
def list_available_numbers(session: Session) -> None:
    """List numbers that can be bought."""
    result_output.print_rows(
        session, listing.available(session.workspace, session.options.area_code, session.options.contains)
    )


@task(
    klass=AccountCommand,
    flags=(*WRITE_FLAGS, "number", "buy", *EMERGENCY_FLAGS, "allow_911_loss"),
    bare="number",
)
def create_number(session: Session) -> None:
    """Buy a number and configure it."""
    flags = session.options
    confirmation.run_with_corrections(
        session,
        lambda: numbers.create_number(
            session.workspace, flags.number, flags.buy, flags.env, session.run_options, flags.allow_911_loss
        ),
    )


@task(klass=AccountCommand, flags=("profile", "json"))
def list_numbers(session: Session) -> None:
    """List the phone numbers and whether each is in sync."""
    result_output.print_rows(session, listing.numbers(session.workspace))


@task(
    klass=AccountCommand,
    flags=(
        "number",
        "profile",
        "dry_run",
        "twin",
        "yes",
        "json",
        *EMERGENCY_FLAGS,
        "take_over",
        "allow_911_loss",
    ),
    required=["number"],
    bare="number",
)
def update_number(session: Session) -> None:
    """Change one number to match the inventory."""
    flags = session.options
    confirmation.run_with_corrections(
        session,
        lambda: numbers.update_number(
            session.workspace, session.number, flags.take_over, session.run_options, flags.allow_911_loss
        ),
    )


@task(
    klass=AccountCommand,
    flags=("number", "profile", "dry_run", "twin", "yes", "json", "release_number", "allow_911_loss"),
    required=["number"],
    bare="number",
)
def delete_number(session: Session) -> None:
    """Release a number permanently; you type it twice."""
    flags = session.options
    result_output.finish(
        session,
        numbers.delete_number(
            session.workspace, session.number, flags.release_number, flags.allow_911_loss, session.run_options
        ),
    )


@task(klass=AccountCommand, flags=(*CLIENT_FLAGS, "accept_corrections"), required=["name"], bare="name")
def create_address(session: Session) -> None:
    """Make the emergency address of a phone, as clients.toml says it."""
    confirmation.run_with_corrections(
        session, lambda: addresses.create_address(session.workspace, session.name, session.run_options)
    )


@task(klass=AccountCommand, flags=("profile", "json"))
def list_addresses(session: Session) -> None:
    """List the addresses, and which numbers tell them to 911."""
    result_output.print_rows(session, listing.addresses(session.workspace))


@task(
    klass=AccountCommand,
    flags=("address", "profile", "dry_run", "twin", "yes", "json"),
    required=["address"],
    bare="address",
)
def delete_address(session: Session) -> None:
    """Delete an address that nothing needs."""
    result_output.finish(
        session,
        addresses.delete_address(session.workspace, str(session.options.address), session.run_options),
    )


# --- Audit ------------------------------------------------------------------------------------------


@task(klass=Command, flags=AUDIT_FLAGS)
def audit(flags: Options) -> None:
    """Check that the account is what it should be; exits with 1 if it is not."""
    audit_output.forget_report(flags)
    audit_output.print_audit(with_spinner(lambda: audit_runner.run(**flags.looking), "auditing"), flags)


@task(klass=Command, flags=("env", "profile"), required=["profile"])
def record(flags: Options) -> None:
    """Record what the checks read, scrubbed, so that they can be replayed offline."""
    print_lines(f"Recorded {audit_runner.record(profile=flags.profile, env=flags.env)}.")


@task(klass=Command, flags=("live", "env", "profile", "check", "prune", "by", "reason", "until", "yes"))
def baseline(flags: Options) -> None:
    """Accept today's findings for now, as found; those about 911 or fraud one at a time."""
    options = arguments.baseline_options(flags)
    audit_baseline.require(options)
    found = audit_runner.run(**flags.looking)
    if options.prune:
        audit_output.confirm_pruning(found, flags)
    say_settled(audit_baseline.settle(found, options), flags)


# --- Rehearse ---------------------------------------------------------------------------------------


@task(
    klass=Command,
    flags=("port", "state", "from_", "from_profile", "sold_out", "latency", "account", "reset", "json"),
)
def sandbox(flags: Options) -> None:
    """Serve the sandbox, a small Twilio, until interrupted."""
    sandbox_server.serve(flags)


@task(klass=Command, flags=("json",))
def demo(flags: Options) -> None:
    """Tell the whole story on a fresh sandbox, in a few seconds."""
    demo_story.tell(as_json=flags.json)
