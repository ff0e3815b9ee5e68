"""Twilio's Voice API v1: dialing permissions and IP records."""
