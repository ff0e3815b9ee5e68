"""Ask the dialplans what Twilio would ask them, before calls are pointed there."""
