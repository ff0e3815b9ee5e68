"""Carry out a plan: read, diff, guard, confirm, write, verify; the journal of what was written, and what is left incomplete."""
