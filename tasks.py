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

from futel_twilio.console import (
    forget_report,
    patiently,
    say,
    say_audit,
    say_findings,
    say_history,
    say_settled,
    serve,
    stand_in_for_closed_streams,
)
from futel_twilio.doors import OF_PROMOTION, OF_SETUP, DeskDoor, Door, Lazily
from futel_twilio.flags import AT_911, AUDITING, LOOKING, ONE, SAID, SECRET, WRITING, Flags

stand_in_for_closed_streams()

if TYPE_CHECKING:
    from types import ModuleType

    from futel_twilio import audit as the_audit
    from futel_twilio import baseline as the_baseline
    from futel_twilio import belongings, camera, clients, kinds, past, recovery, roster, runbook
    from futel_twilio import demo as story
    from futel_twilio import doctor as the_doctor
    from futel_twilio import restore as restoring
    from futel_twilio.desk import Desk
else:
    runbook = Lazily("futel_twilio.runbook")
    kinds = Lazily("futel_twilio.kinds")
    clients = Lazily("futel_twilio.clients")
    belongings = Lazily("futel_twilio.belongings")
    recovery = Lazily("futel_twilio.recovery")
    past = Lazily("futel_twilio.past")
    camera = Lazily("futel_twilio.camera")
    restoring = Lazily("futel_twilio.restore")
    roster = Lazily("futel_twilio.roster")
    story = Lazily("futel_twilio.demo")
    the_audit = Lazily("futel_twilio.audit")
    the_baseline = Lazily("futel_twilio.baseline")
    the_doctor = Lazily("futel_twilio.doctor")

# --- Set up, once -----------------------------------------------------------------------------------


@task(klass=DeskDoor, flags=WRITING)
def create_applications(at: Desk) -> None:
    """Create the TwiML applications that phone numbers use."""
    at.close(runbook.create_applications(at.site, at.flags.env, at.errand))


@task(klass=DeskDoor, flags=WRITING)
def create_domains(at: Desk) -> None:
    """Create the SIP domains that phones register with."""
    at.close(runbook.create_domains(at.site, at.flags.env, at.errand))


@task(klass=DeskDoor, flags=WRITING)
def create_credential_list(at: Desk) -> None:
    """Create the credential list that holds the phones' passwords."""
    at.close(runbook.create_credential_list(at.site, at.flags.env, at.errand))


@task(klass=DeskDoor, flags=WRITING)
def create_registration_mappings(at: Desk) -> None:
    """Let the phones of the credential list register with the SIP domains."""
    at.close(runbook.create_registration_mappings(at.site, at.flags.env, at.errand))


@task(klass=DeskDoor, flags=WRITING)
def create_voice_mappings(at: Desk) -> None:
    """Let the phones of the credential list call through the SIP domains."""
    at.close(runbook.create_voice_mappings(at.site, at.flags.env, at.errand))


@task(klass=DeskDoor, flags=WRITING, reads=OF_SETUP)
def setup(at: Desk) -> None:
    """Do all of the above, in one plan."""
    at.close(runbook.setup(at.site, at.flags.env, at.errand))


# --- Look -------------------------------------------------------------------------------------------


@task(klass=DeskDoor, flags=LOOKING)
def list_applications(at: Desk) -> None:
    """List the TwiML applications beside what is wished."""
    at.lay_out(runbook.listing(at.site, kinds.APPLICATION, at.flags.env))


@task(klass=DeskDoor, flags=LOOKING)
def list_domains(at: Desk) -> None:
    """List the SIP domains beside what is wished."""
    at.lay_out(runbook.listing(at.site, kinds.SIP_DOMAIN, at.flags.env))


@task(klass=DeskDoor, flags=LOOKING)
def list_credential_lists(at: Desk) -> None:
    """List the credential lists beside what is wished."""
    at.lay_out(runbook.listing(at.site, kinds.CREDENTIAL_LIST, at.flags.env))


@task(klass=DeskDoor, flags=LOOKING)
def list_mappings(at: Desk) -> None:
    """List which credential list may register with and call through which SIP domain."""
    at.lay_out(runbook.listing(at.site, kinds.VOICE_MAPPING, at.flags.env))


@task(klass=DeskDoor, flags=(*LOOKING, "only"))
def plan(at: Desk) -> None:
    """Show what would change at Twilio; exits with 1 if something would."""
    scope = runbook.scope_of(at.site, at.flags.env, at.flags.only)
    at.close_plan(runbook.converge(at.site, scope, at.looking))


@task(klass=Door, flags=("profile", "json"))
def doctor(flags: Flags) -> None:
    """Look whether the set-up is right: estate file, credentials, account, rights."""
    say_findings(the_doctor.examine(flags.profile), flags)


# --- Change -----------------------------------------------------------------------------------------


@task(klass=DeskDoor, flags=(*WRITING, "only", "remove", "allow_911_loss", "allow_unanswered"))
def apply(at: Desk) -> None:
    """Bring Twilio to what estate.toml wishes."""
    flags = at.flags
    scope = runbook.scope_of(at.site, flags.env, flags.only, flags.remove, flags.allow_911_loss)
    at.close(runbook.converge(at.site, scope, at.errand))


@task(klass=DeskDoor, flags=(*WRITING, "dialplans", "skip_rehearsal"), required=["env"])
def update_applications(at: Desk) -> None:
    """Bring the TwiML applications of one environment to the wish."""
    at.close(runbook.update_applications(at.site, at.env, at.errand))


@task(klass=DeskDoor, flags=(*WRITING, "dialplans", "skip_rehearsal"), required=["env"])
def update_domains(at: Desk) -> None:
    """Bring the SIP domains of one environment to the wish."""
    at.close(runbook.update_domains(at.site, at.env, at.errand))


@task(klass=DeskDoor, flags=(*WRITING, "dialplans", "skip_rehearsal"), required=["env"], reads=OF_PROMOTION)
def update(at: Desk) -> None:
    """Bring applications and SIP domains of one environment to the wish."""
    at.close(runbook.update(at.site, at.env, at.errand))


@task(klass=DeskDoor, flags=(*LOOKING, "dialplans"), required=["env"])
def rehearse(at: Desk) -> None:
    """Ask the dialplans of an environment what Twilio would ask; promote does it by itself."""
    at.rehearse(runbook.rehearse(at.site, at.env))


@task(klass=DeskDoor, flags=(*WRITING, "dialplans", "skip_rehearsal"), required=["env"], reads=OF_PROMOTION)
def promote(at: Desk) -> None:
    """Point an environment to its new installation, and the others off it."""
    at.close(runbook.promote(at.site, at.env, at.errand))


# --- Undo -------------------------------------------------------------------------------------------


@task(klass=Door, flags=("profile", "json"))
def history(flags: Flags) -> None:
    """List what was changed with this tool, by whom and when."""
    say_history(past.read(flags.profile), flags)


@task(
    klass=DeskDoor,
    flags=("to", "force", "allow_911_loss", "allow_unanswered", "profile", "dry_run", "yes", "json"),
)
def rollback(at: Desk) -> None:
    """Put back what the last command changed, or all from an entry of the history on."""
    flags = at.flags
    entry = recovery.entry_number(flags.to)
    at.recover(recovery.rollback(at.site, entry, flags.force, flags.allow_911_loss, at.errand))


@task(
    klass=DeskDoor,
    flags=(
        "undo",
        "force",
        "allow_911_loss",
        "allow_unanswered",
        "profile",
        "dry_run",
        "yes",
        "json",
        *SECRET,
    ),
)
def resume(at: Desk) -> None:
    """Finish what a killed run left half done, or take it back."""
    flags = at.flags
    at.recover(
        recovery.resume(
            at.site,
            undo=flags.undo,
            force=flags.force,
            allow_911_loss=flags.allow_911_loss,
            errand=at.errand,
        )
    )


# --- Keep -------------------------------------------------------------------------------------------


@task(klass=DeskDoor, flags=("file", "profile", "json"), bare="file")
def snapshot(at: Desk) -> None:
    """Write the whole account into a file, as far as Twilio tells it."""
    at.tell_snapshot(camera.save(at.site.api, Path(at.flags.file) if at.flags.file else None))


@task(
    klass=DeskDoor,
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
        *SECRET,
    ),
    required=["file"],
    bare="file",
)
def restore(at: Desk) -> None:
    """Bring an account back to what a snapshot holds; exits with 1 if something is left for a person."""
    file, said = Path(str(at.flags.file)), restoring.asked(at.flags)
    at.close(restoring.restore(at.site, file, said, at.errand))


# --- Phones -----------------------------------------------------------------------------------------


@task(
    klass=DeskDoor,
    flags=(*WRITING, *SECRET, *AT_911, "remove", "allow_911_loss", "take_over"),
    required=["env"],
)
def sync_clients(at: Desk) -> None:
    """Bring all phones of an environment to the inventory, in one plan."""
    at.settle(lambda: clients.sync_clients(at.site, at.env, at.asked, at.errand))


@task(
    klass=DeskDoor,
    flags=(
        *ONE,
        "env",
        "number",
        "buy",
        "no_number",
        "address",
        "device",
        "password_stdin",
        *SECRET,
        *AT_911,
        "take_over",
        "allow_911_loss",
    ),
    required=["name", "env"],
    bare="name",
)
def add_client(at: Desk) -> None:
    """Give a phone of the inventory all it needs: credential, number, application, 911 address."""
    at.settle(lambda: clients.add_client(at.site, at.name, at.asked, at.errand))


@task(
    klass=DeskDoor,
    flags=(*ONE, "env", *SAID, "allow_911_loss"),
    required=["name"],
    bare="name",
)
def update_client(at: Desk) -> None:
    """Bring one phone's number and 911 to the inventory, or to what is said anew."""
    at.settle(lambda: clients.update_client(at.site, at.name, at.asked, at.errand))


@task(klass=DeskDoor, flags=(*ONE, "address", *AT_911, "allow_911_loss"), required=["name"], bare="name")
def change_address(at: Desk) -> None:
    """Let 911 be told another address for a phone: off, wait, on, wait."""
    at.settle(
        # `at.flags` anew each time: after a correction the address is that of clients.toml.
        lambda: clients.change_address(at.site, at.name, at.flags.address, at.errand, at.flags.allow_911_loss)
    )


@task(klass=DeskDoor, flags=(*ONE, "release_number", "allow_911_loss"), required=["name"], bare="name")
def delete_client(at: Desk) -> None:
    """Take a phone away; its number is kept unless it is typed back."""
    at.close(clients.delete_client(at.site, at.name, at.flags.release_number, at.asked, at.errand))


@task(klass=DeskDoor, flags=LOOKING)
def list_clients(at: Desk) -> None:
    """List the phones: credential, number, application, 911."""
    at.call_the_roll(roster.clients(at.site, at.flags.env))


@task(klass=DeskDoor, flags=(*ONE, "password_stdin", *SECRET), required=["name"], bare="name")
def create_credential(at: Desk) -> None:
    """Make the credential of a phone, with a new password."""
    at.close(belongings.create_credential(at.site, at.name, at.errand))


@task(klass=DeskDoor, flags=(*ONE, "password_stdin", *SECRET), required=["name"], bare="name")
def rotate_credential(at: Desk) -> None:
    """Give a phone's credential a new password, and change nothing else."""
    at.close(belongings.rotate_credential(at.site, at.name, at.errand))


@task(klass=DeskDoor, flags=(*ONE, "allow_911_loss"), required=["name"], bare="name")
def delete_credential(at: Desk) -> None:
    """Take away a credential that no phone of the inventory has."""
    at.close(belongings.delete_credential(at.site, at.name, at.errand, at.flags.allow_911_loss))


@task(klass=DeskDoor, flags=("profile", "json"))
def list_credentials(at: Desk) -> None:
    """List the credentials: their age, and who changed them."""
    at.call_the_roll(roster.credentials(at.site))


@task(klass=DeskDoor, flags=("profile", "json", "area_code", "contains"))
def list_available_numbers(at: Desk) -> None:
    """List numbers that can be bought."""
    at.call_the_roll(roster.available(at.site, at.flags.area_code, at.flags.contains))


@task(klass=DeskDoor, flags=(*WRITING, "number", "buy", *AT_911, "allow_911_loss"), bare="number")
def create_number(at: Desk) -> None:
    """Buy a number and configure it."""
    flags = at.flags
    at.settle(
        lambda: belongings.create_number(
            at.site, flags.number, flags.buy, flags.env, at.errand, flags.allow_911_loss
        )
    )


@task(klass=DeskDoor, flags=("profile", "json"))
def list_numbers(at: Desk) -> None:
    """List the phone numbers beside what is wished."""
    at.call_the_roll(roster.numbers(at.site))


@task(
    klass=DeskDoor,
    flags=("number", "profile", "dry_run", "yes", "json", *AT_911, "take_over", "allow_911_loss"),
    required=["number"],
    bare="number",
)
def update_number(at: Desk) -> None:
    """Bring one number to what the inventory wishes of it."""
    flags = at.flags
    at.settle(
        lambda: belongings.update_number(at.site, at.number, flags.take_over, at.errand, flags.allow_911_loss)
    )


@task(
    klass=DeskDoor,
    flags=("number", "profile", "dry_run", "yes", "json", "release_number", "allow_911_loss"),
    required=["number"],
    bare="number",
)
def delete_number(at: Desk) -> None:
    """Release a number, which never comes back; it has to be typed twice."""
    flags = at.flags
    at.close(
        belongings.delete_number(at.site, at.number, flags.release_number, flags.allow_911_loss, at.errand)
    )


@task(klass=DeskDoor, flags=(*ONE, "accept_corrections"), required=["name"], bare="name")
def create_address(at: Desk) -> None:
    """Make the emergency address of a phone, as clients.toml says it."""
    at.settle(lambda: belongings.create_address(at.site, at.name, at.errand))


@task(klass=DeskDoor, flags=("profile", "json"))
def list_addresses(at: Desk) -> None:
    """List the addresses, and which numbers tell them to 911."""
    at.call_the_roll(roster.addresses(at.site))


@task(
    klass=DeskDoor,
    flags=("address", "profile", "dry_run", "yes", "json"),
    required=["address"],
    bare="address",
)
def delete_address(at: Desk) -> None:
    """Take away an address that nothing needs."""
    at.close(belongings.delete_address(at.site, str(at.flags.address), at.errand))


# --- Audit ------------------------------------------------------------------------------------------


@task(klass=Door, flags=AUDITING)
def audit(flags: Flags) -> None:
    """Check that the account is what it should be; exits with 1 if it is not."""
    forget_report(flags)
    say_audit(patiently(lambda: the_audit.run(**flags.looking), "auditing"), flags)


@task(klass=Door, flags=("env", "profile"), required=["profile"])
def record(flags: Flags) -> None:
    """Record what the checks read, scrubbed, so that they can be replayed offline."""
    say(f"Recorded {the_audit.record(profile=flags.profile, env=flags.env)}.")


@task(klass=Door, flags=("live", "env", "profile", "check", "prune", "by", "reason", "until"))
def baseline(flags: Flags) -> None:
    """Accept today's findings for now, as found; those about 911 or fraud one at a time."""
    the_baseline.require(flags)
    say_settled(the_baseline.settle(the_audit.run(**flags.looking), flags), flags)


# --- Rehearse ---------------------------------------------------------------------------------------


@task(klass=Door, flags=("port", "state", "latency", "account", "reset", "json"))
def sandbox(flags: Flags) -> None:
    """Serve the sandbox, a small Twilio, until interrupted."""
    serve(flags)


@task(klass=Door, flags=("json",))
def demo(flags: Flags) -> None:
    """Tell the whole story on a fresh sandbox, in a few seconds."""
    story.tell(as_json=flags.json)
