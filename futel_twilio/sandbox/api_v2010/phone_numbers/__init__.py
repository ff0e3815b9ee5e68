"""Phone numbers: owned, available, bought, verified caller IDs, and their emergency registration."""
