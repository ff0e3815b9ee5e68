"""The bench measures how fast the tool is, as ratios within one run. `nox -s bench` runs it; it contains no tests.

- machine: run a command as a process; its time, memory and requests.
- commands: the old runbook in Twilio's CLI, beside the commands that replace it.
- load: send many fetches from a separate process.
- beside_prism: the sandbox beside Prism's mock of the same document.
- growth: how requests, time and memory grow with phones and numbers.
- picture: draw the table of `commands` as an SVG.
"""
