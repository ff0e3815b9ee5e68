"""The map: one file per station that a thing passes on its way, every import pointing back up this list.

errors    what can go wrong, drawn as a tree
model     the nouns, frozen: Application, SipDomain, CredentialList, Mapping, Environment, Estate
settings  which credentials, which account, which server; the only file that reads the process environment
kinds     the one table where a noun meets Twilio's words for it; owners stand above what they own
desired   estate.toml -> Estate; every fault at once, each with its place
client    Settings -> the Twilio client: timeouts, patience, one family of errors
actual    Twilio -> Estate; reads only
plan      Estate x Estate -> Plan; pure; and the guards that a plan must pass
report    plans, lists and faults -> words, rows and JSON; pure
apply     Plan -> Twilio; the only file that writes to an account; looks again afterwards
runbook   the commands of the runbook, each a small function that a person can call from Python
console   the terminal: prints, asks, shows progress, and turns errors into exit codes
demo      the story that `invoke demo` tells
sandbox   a small Twilio that has never heard of Futel (a package of its own, imports nothing of ours)
"""
