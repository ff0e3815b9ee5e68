"""The map: one file per station that a thing passes on its way, every import pointing back up this list.

errors    what can go wrong, drawn as a tree
model     the nouns, frozen: Application, SipDomain, CredentialList, Mapping, Environment, Estate
settings  which credentials, which account, which server; the only file that reads the process environment
kinds     the one table where a noun meets Twilio's words for it; owners stand above what they own
desired   estate.toml -> Estate; every fault at once, each with its place
client    Settings -> the Twilio client: timeouts, patience, one family of errors
account   an estate and its account, opened: for real, or on the embedded sandbox
actual    Twilio -> Estate; reads only
plan      Estate x Estate -> Plan; pure; and the guards that a plan must pass
report    plans, lists and faults -> words, rows and JSON; pure
apply     Plan -> Twilio; the only file that writes to an account; looks again afterwards
runbook   the commands of the runbook, each a small function that a person can call from Python
doctor    is the set-up right: which credentials, which account, what they may do
evidence  Twilio -> Evidence: all that the audit looks at, read once and without inference
tape      what may reach cassettes/, and how it is played back
findings  what an audit came to, as values
claims    the words that the checks are written in
accepted  accepted.toml: findings that are accepted by name, until a day
picture   an audit -> the estate drawn as a picture; pure
pages     an audit -> lines, JSON, JUnit, Markdown, HTML, Prometheus, Nagios
notify    tells people what changed since the last audit
audit     one audit: what is looked at, each check judged, the whole run
console   the terminal: the only file that prints; asks and shows progress
doors     the flags that commands share, and a task that never runs half asked for
demo      the story that `invoke demo` tells
sandbox   a small Twilio that has never heard of Futel (a package of its own, imports nothing of ours)
"""
