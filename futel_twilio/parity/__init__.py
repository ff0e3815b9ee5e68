"""The parity run: the sandbox's experiments, tried on it and on Twilio, and what differs.

It makes what the experiments make, notes each thing on disk before the request for it leaves, removes them
all whatever happens, and compares the account before and after. In import order:

- ledger: what was made and what is gone again, on disk
- side: one server that experiments are tried on
- census: all that an account holds, and a fingerprint of each thing
- loan: a phone number that is lent for experiments, and how it was
- sweep: removes what the run made, by its ledger, and what an earlier one left, by its mark
- stop: an interruption that waits for the request under way
- trial: one experiment after another on both sides
- recordings: what Twilio answered, as files that the sandbox is held to
- words: what is said before and after
- course: the course of a run, from looking at the account to telling what came of it
- command: its flags, and every error as words and an exit code
- __main__: `python -m futel_twilio.parity`
"""
