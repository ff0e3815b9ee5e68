"""Experiments that would settle the guesses. They use Twilio's official client and run the same at any server.

None of them costs anything: no number is bought, nobody is called, no message is sent. The modules, in the
order in which they import each other:

- observations: what an answer is reduced to, with every SID, name, date and secret a placeholder
- guard: which requests an experiment may send at all, and what each of them makes
- traffic: the HTTP layer of the official client: guarded and logged
- lab: what an experiment works with: a client, unique names, a list of observations
- table: the types `Experiment` and `NotRun`
- applications, domains, subdomains, credential_lists, credentials, mappings, access, sources, triggers, addresses,
  keys, sinks, subscriptions, dialing, monitor, calls, messages, offers, numbers, paging, protocol, limits: one module
  for each resource
- unrun: what is not tried, and what it would cost
- catalogue: all of them in one place
"""
