"""Tests of `futel_twilio.sandbox.api_v2010.phone_numbers`."""
