"""The whole account as one JSON document: its form, how it is captured, and what of it can be restored."""
