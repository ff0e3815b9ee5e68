"""SIP passwords: generated, handed to Twilio, shown once or stored where asked, and a ledger of salted digests."""
