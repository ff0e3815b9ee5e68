"""Set up, change and audit the Twilio account of a payphone network.

The packages, from what you type down to the files; imports point down this list only (see docs/architecture.md):

cli         what you type and see
commands    one plain function per command, callable from Python
snapshots   the whole account as one document: captured and restored
apply       carry out a plan: read, diff, guard, confirm, write, verify; journal and incomplete runs
rehearsal   ask the dialplans what Twilio would ask them
audit       judge the account against the desired state, without sharing code with `apply`
workspace   the files and the account, opened together
twilio_api  the wire: client, retries, errors, reader, writer
plan        what differs, what that means for phones, which plans are refused; pure
passwords   generated, shown once or stored, noted in a ledger
config      the files a volunteer edits and the credentials: load, validate, edit
resources   the resource types and the state of an account; pure
files       read with care, replaced atomically, locked
text        sanitize text from outside, quote suggested commands
errors      what can go wrong
sandbox     a small Twilio that imports nothing of the rest
parity      the sandbox's experiments, run on a real account beside the sandbox
"""
