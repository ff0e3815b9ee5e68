"""The tests: one file per station, plus the architecture, the documents and the sandbox."""
