"""SIP resources: domains, credential lists, credentials, IP access control lists, and their mappings."""
