"""Read the account and judge it against the desired state, sharing no decision with `apply`: data, checks, acceptances, cassettes, reports."""
