"""A small stateful Twilio on loopback, for tests, rehearsals and recordings; it needs nothing else of ours.

The stations, in the order in which they import each other (each uses only those above it):

- errors: what a refusal is and how Twilio words it
- loopback: who may reach it at all
- defaults: the account that there is unless told otherwise; accounts: who may ask
- rows, store: the memory, one SQLite file
- secrecy: what is left out of dumps and the log; journal: the request log
- dump: the whole state as JSON
- wire: dates, and readers for the values of forms and queries
- table: the words the tables are written in
- fields, rules: pieces that the tables share; paging: lists by the page
- audit: the events that every change leaves
- levels: which level an alert has, by its code
- core, sip, access, mappings, voice, sources, monitor: the tables themselves (countries: data for voice)
- emergency: how an emergency address registers; states: those of the US; addresses: the table of addresses
- places: where numbers are; stock: which there are; callers: those that may call
- magic: test credentials, and the numbers that mean something with them; trial: what a trial account may not
- buying: which number is bought; numbers: those that are owned
- search: how numbers are sought; available: those that can be had
- calls, messages: what goes out; notifications: monitor's alerts once more; keys: API keys, and whom they let in
- streams: event streams
- resources: all tables in one place
- verbs: create, list, fetch, update, delete over any table
- routes: from a path to a table
- bodies: what the objects of each kind are like; seeding: a dump, judged and put back
- faults: what goes wrong when it is told to
- control: the sandbox's own paths under /_sandbox/
- app: the WSGI application
- listener: HTTP on loopback
- server: the running server, `Sandbox`
- flags: the flags of the next; __main__: `python -m futel_twilio.sandbox`
- sdk: the official client, aimed at a sandbox; pytest_plugin: fixtures for the tests of any project
- experiments: what would settle the guesses, to be tried here and at Twilio (a package of its own)
- everywhere: what no table says; coverage: COVERAGE.md out of the tables; `python -m futel_twilio.sandbox.coverage`
"""
