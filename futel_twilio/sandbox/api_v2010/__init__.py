"""Twilio's API version 2010-04-01: one module per resource."""
