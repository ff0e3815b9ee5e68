"""Read the account and judge it against the desired state: data, checks, acceptances, cassettes, reports.

It shares no decision with `apply`.
"""
