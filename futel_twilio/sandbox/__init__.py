"""A small stateful Twilio on loopback, for tests, rehearsals and recordings. It imports nothing else of ours.

The packages, from top to bottom; imports point down this list only:

experiments  try out what is only guessed of Twilio, here and at Twilio itself
http         how a request arrives: listener, application, routes, faults, control paths, request log, seed and dump
voice_v1     Twilio's Voice API: dialing permissions and IP records
events_v1    Twilio's Events API: sinks, subscriptions and event types
api_v2010    Twilio's API of 2010-04-01: the account, SIP, phone numbers, calls, messages, keys
monitor_v1   Twilio's Monitor API: alerts and audit events
engine       what every resource is made of: tables, fields, rules, handlers, paging, values, errors
storage      rows in one SQLite file, and what is redacted in what people read

Other code uses `server` (the class `Sandbox`), `sdk` (Twilio's client, sent to a sandbox) and `defaults`.
"""
