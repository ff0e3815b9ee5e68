"""The map: one file per station that a thing passes on its way, every import pointing back up this list.

letters   texts of others, made fit to be shown: printable, measured, broken into lines; and one word of a shell
errors    what can go wrong, drawn as a tree
reading   every file that we read: what is wrong with it, said by one error
interrupts Ctrl-C and SIGTERM end a command, although whoever started it had Ctrl-C ignored
model     the nouns, frozen: Application, SipDomain, CredentialList, PhoneNumber, Address, Credential, Estate
flags     what was typed after the name of a command, and what each flag is for
twilio_cli the profiles in config.json of Twilio's own command line
variables the variables that we read, and what is wrong with a value
settings  which credentials, which account, which server; the only file that reads the process environment
kinds     the one table where a noun meets Twilio's words for it; owners stand above what they own
urls      base URLs of dialplans: are two the same, can Twilio reach one; pure
ready     what lies ready of files that are written together, read as if a stranger had put it there
line_numbers in which line of a TOML file a place stands; pure
files     the files of the wish on disk: each replaced in one step, several all or none
gitignore whether git could commit a file that holds addresses or secrets
jsonlines one JSON object a line, only ever added to: on disk, or not there at all
forms     is a document of the form that a schema asks for: every fault, each with its place
inventory the client inventory and clients.toml -> the clients, and what each wishes for at Twilio
desired   estate.toml and the client inventory -> Estate; every fault at once, each with its place
typed     what people type, read: numbers, area codes, addresses in one line
readback  a text with a change in it, compared with what was meant before it replaces the old one
jsontext  a member of a JSON object changed in its text
tomltext  a table of a TOML file changed in its text
edits     what commands write into the files of the wish
workers   calls in threads that nobody has to wait for, each under a deadline of its own
network   which proxy leads to the internet, and why a request did not get through, in words
client    Settings -> the Twilio client: timeouts, patience, one family of errors
account   an estate and its account, opened: for real, or on the embedded sandbox
actual    Twilio -> Estate; reads only
beyond    what an account holds beyond the nouns: told in a snapshot, brought back by a person; reads only
amiss     what was there beyond the nouns and is there no more, in words; pure
change    what may become of a thing: made, changed or taken away; and how far a command reaches; pure
projection the account as a plan would leave it; pure
access    which phones an account lets in and which can call 911, and what a plan takes of that; pure
plan      Estate x Estate -> Plan; pure; and the refusals that a plan must pass
phones    what a plan means for phones: which it touches, which lose 911; pure
questions what Twilio would ask dialplans for calls; pure
webhook   one request to a dialplan as Twilio sends it, on a connection that can be cut off
rehearsal asks the dialplans what Twilio would ask them, before calls are pointed there
tables    rows of text under headings, for a terminal that is wide, one that is narrow, and none; pure
report    plans, lists and faults -> words, rows and JSON; pure
passwords passwords of phones: made or given, handed to Twilio once, told once, kept by nobody here
ledger    who got a password when, and a salted digest of it
emergency how a number comes to tell 911 another address: one step at a time
journal   what was written, before and after, ahead of the writing
unfinished the runs that never came to their end, and which of them a later run settles; pure
lock      two runs on one machine, kept apart
past      the history: what the journal holds, read without credentials and whatever faults estate.toml has
writing   one change -> the requests that make it so; the only file that writes to an account
apply     Plan -> the account: in order and together, looked at again, moved back where it is all or nothing
runbook   the commands of the runbook, each a small function that a person can call from Python
irreversible what an undoing cannot bring back as it was, and why, in words; pure
drift     where the files still say otherwise than the account once a recovery has ended; pure
recovery  undo what a command changed; finish or undo what a killed one left
belongings the commands about what phones have: a credential, a number, an address
corrections the addresses that Twilio suggests instead, read and accepted
vault     where the passwords of a command come from and go to
clients   the commands about phones: whole ones, and all of them
snapshot  the form of a snapshot, the whole account as one JSON file: its faults, and what it holds of the nouns
camera    Twilio -> a snapshot; reads only
restorable what of a snapshot can be wished for beside an account as it stands, and what cannot; pure
restore   a snapshot brought back: the one engine with what it holds as the wish
roster    the phones and what they have, beside the wish, as rows
doctor    is the set-up right: which credentials, which account, what they may do
evidence  Twilio -> Evidence: all that the audit looks at, read once and without inference
masks     what stands in a recording in place of addresses and of people, and how it is read back
tape      what may reach cassettes/, and how it is played back
subjects  what the checks and the picture call the things that they are about
findings  what an audit came to, as values
claims    the words that the checks are written in
suite     the checks of checks/, loaded without pytest, and one case for each thing that they are asked about
accepted_value what accepted.toml keeps of a found value: words, or a salted digest; pure
accepted  accepted.toml: findings that are accepted by name, until a day
scene     the estate as an audit found it, in boxes and arrows; pure
groups    the phones of a picture, by SIP domain and number; pure
layout    where each box of the picture stands; pure
routes    where its lines run; pure
picture   an audit -> the estate drawn as a picture; pure
pages     an audit -> lines, JSON, JUnit, Markdown, HTML, Prometheus, Nagios
notify    tells people what changed since the last audit
audit     one audit: what is looked at, each check judged, the whole run
baseline  findings accepted for now, in bulk or one by its name, and stale acceptances pruned
console   the terminal: the only file that prints; asks and shows progress
desk      one run of a command at a terminal: what was typed, the site, how it is told
doors     a task that never runs half asked for, and never ends in a traceback that a user can cause
demo      the story that `invoke demo` tells
parity    is the sandbox right: its experiments, tried on it and on Twilio (a package of its own)
sandbox   a small Twilio that has never heard of Futel (a package of its own, imports nothing of ours)
"""
