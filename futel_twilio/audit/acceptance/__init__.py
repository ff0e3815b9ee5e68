"""Findings that somebody accepts for now: accepted.toml read, judged and edited."""
