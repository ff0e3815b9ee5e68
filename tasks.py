"""The doors: one Invoke task per command of the runbook. `invoke --list` shows them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.tasks import task

from futel_twilio.console import Desk, forget_report, patiently, say, say_audit, say_findings, serve
from futel_twilio.doors import AUDITING, LOOKING, WRITING, DeskDoor, Door, Flags, Lazily

if TYPE_CHECKING:
    from futel_twilio import audit as the_audit
    from futel_twilio import demo as story
    from futel_twilio import doctor as the_doctor
    from futel_twilio import kinds, runbook
else:
    runbook = Lazily("futel_twilio.runbook")
    kinds = Lazily("futel_twilio.kinds")
    story = Lazily("futel_twilio.demo")
    the_audit = Lazily("futel_twilio.audit")
    the_doctor = Lazily("futel_twilio.doctor")

# --- Set up, once -----------------------------------------------------------------------------------


@task(klass=DeskDoor, flags=WRITING)
def create_applications(at: Desk) -> None:
    """Create the TwiML applications that phone numbers use."""
    at.close(runbook.create_applications(at.site, at.flags.env, at.approve, at.watch))


@task(klass=DeskDoor, flags=WRITING)
def create_domains(at: Desk) -> None:
    """Create the SIP domains that phones register with."""
    at.close(runbook.create_domains(at.site, at.flags.env, at.approve, at.watch))


@task(klass=DeskDoor, flags=WRITING)
def create_credential_list(at: Desk) -> None:
    """Create the credential list that holds the phones' passwords."""
    at.close(runbook.create_credential_list(at.site, at.flags.env, at.approve, at.watch))


@task(klass=DeskDoor, flags=WRITING)
def create_registration_mappings(at: Desk) -> None:
    """Let the phones of the credential list register with the SIP domains."""
    at.close(runbook.create_registration_mappings(at.site, at.flags.env, at.approve, at.watch))


@task(klass=DeskDoor, flags=WRITING)
def create_voice_mappings(at: Desk) -> None:
    """Let the phones of the credential list call through the SIP domains."""
    at.close(runbook.create_voice_mappings(at.site, at.flags.env, at.approve, at.watch))


@task(klass=DeskDoor, flags=WRITING)
def setup(at: Desk) -> None:
    """Do all of the above, in one plan."""
    at.close(runbook.setup(at.site, at.flags.env, at.approve, at.watch))


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
    at.close(runbook.converge(at.site, runbook.scope_of(at.site, at.flags.env, at.flags.only), at.show))


@task(klass=Door, flags=("profile", "json"))
def doctor(flags: Flags) -> None:
    """Look whether the set-up is right: estate file, credentials, account, rights."""
    say_findings(the_doctor.examine(flags.profile), as_json=flags.json)


# --- Change -----------------------------------------------------------------------------------------


@task(klass=DeskDoor, flags=(*WRITING, "only", "remove", "allow_911_loss"))
def apply(at: Desk) -> None:
    """Bring Twilio to what estate.toml wishes."""
    flags = at.flags
    scope = runbook.scope_of(at.site, flags.env, flags.only, flags.remove, flags.allow_911_loss)
    at.close(runbook.converge(at.site, scope, at.approve, at.watch))


@task(klass=DeskDoor, flags=(*WRITING, "dialplans"), required=["env"])
def update_applications(at: Desk) -> None:
    """Bring the TwiML applications of one environment to the wish."""
    at.close(runbook.update_applications(at.site, at.env, at.approve, at.watch))


@task(klass=DeskDoor, flags=(*WRITING, "dialplans"), required=["env"])
def update_domains(at: Desk) -> None:
    """Bring the SIP domains of one environment to the wish."""
    at.close(runbook.update_domains(at.site, at.env, at.approve, at.watch))


@task(klass=DeskDoor, flags=(*WRITING, "dialplans"), required=["env"])
def update(at: Desk) -> None:
    """Bring applications and SIP domains of one environment to the wish."""
    at.close(runbook.update(at.site, at.env, at.approve, at.watch))


@task(klass=DeskDoor, flags=(*WRITING, "dialplans"), required=["env"])
def promote(at: Desk) -> None:
    """Point an environment to its new installation, and the others off it."""
    at.close(runbook.promote(at.site, at.env, at.approve, at.watch))


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


@task(klass=Door, flags=("live", "env", "profile", "by", "reason", "until"), required=["by"])
def baseline(flags: Flags) -> None:
    """Accept today's findings for now: a first day on an existing account."""
    say(the_audit.baseline(the_audit.run(**flags.looking), flags.by, flags.reason, flags.until))


# --- Rehearse ---------------------------------------------------------------------------------------


@task(klass=Door, flags=("port", "state", "latency", "account", "reset", "json"))
def sandbox(flags: Flags) -> None:
    """Serve the sandbox, a small Twilio, until interrupted."""
    serve(flags)


@task(klass=Door, flags=("json",))
def demo(flags: Flags) -> None:
    """Tell the whole story on a fresh sandbox, in a few seconds."""
    story.tell(as_json=flags.json)
