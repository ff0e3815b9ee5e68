"""The sandbox's memory: one SQLite file, its rows, and what is hidden when they are shown."""
