"""Twilio's own command line and its Node SDK, in front of the sandbox; `nox -s cli` fetches both with npm.

runbook.md  the commands of the runbook that this tool replaces, as they are typed, and how each is to end
steps       runbook.md -> the steps, in their order
terminal    one command of the CLI, in its own home, and what it printed
held        what the sandbox holds where a command looked; asked by plain HTTP
story       all steps played, two at a time where runbook.md lets them, each compared with what is held
walk.cjs    the Node SDK, told what to call by lines of JSON
node        every operation of the sandbox through it, along the walk of tests.conformance
"""
