"""Tests of `futel_twilio.files`."""
