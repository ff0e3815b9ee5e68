"""The fault matrix: every command, at each of its requests, against every fault. Each file uses only those above it.

reading    what an account and the files hold, read without the engine
arena      a sandbox and a directory, brought back to a state in no time, and a way to type commands there
commands   the commands, what exists before each, and what must hold after it
columns    the faults, for how long each lasts, and how the run is taken up afterwards
stage      a command made ready: the account before it, its requests, the account after it
cases      every case of the matrix, and a sample of them
kill       the command in its own process, killed
judge      what may not be, whatever happened
play       one case: run, judge, run again, judge
workers    cases played on several cores
tally      what it came to: a table, lines, JSON
"""
