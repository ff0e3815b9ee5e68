"""Carry out a plan: read, diff, guard, confirm, write, verify; the journal, and the runs left incomplete."""
