"""The bench: how fast the tool is, as ratios in one run; `nox -s bench` runs it, nothing of it is a test.

machine  one command as a process: wall, processor, memory, and what it asked of the sandbox
commands the old runbook by Twilio's CLI beside the tasks that replace it
load     a load of fetches, in a process of its own
beside_prism the sandbox beside Prism's mock of the same document
growth   how requests, time and memory grow with clients and with numbers
picture  the table as a picture
"""
