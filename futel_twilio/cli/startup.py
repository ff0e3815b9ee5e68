"""Make commands start faster. tasks.py imports this first, before anything that is large.

Both settings are process-wide, so each stands here with what it gains on `invoke plan`: seconds of processor time on a
loaded machine with two cores, the median of eight runs in turn (27 November 2026).
"""

import atexit
import gc
import sys

# Invoke keeps Python from writing compiled files. A command that compiles the package takes 1.60 s instead of 0.42 s.
sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)

# A command lives for a second. With Python's own threshold and a collection at exit, it takes 0.57 s, else 0.43 s.
gc.set_threshold(100_000)
atexit.register(gc.freeze)
