"""Tests of `futel_twilio.twilio_api`."""
