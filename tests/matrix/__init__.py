"""The fault matrix: every command, at each of its requests, against every fault; each file uses only those above it.

reading    what an account and the files of the wish say, read without the engine
arena      a sandbox and a directory, brought back to a state in no time, and a way to type commands there
commands   the commands, what stands before each, and what has to be so after it
columns    the faults, for how long each lasts, and how the run is taken up afterwards
stage      a command made ready: the account before it, its requests, the account after it
cases      every case of the matrix, and a sample of them
kill       the command in a process of its own, killed
judge      what may not be, whatever happened
play       one case: run, judge, run again, judge
workers    cases played on several cores
tally      what it came to: a table, lines, JSON
"""
