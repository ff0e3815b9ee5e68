"""The reports of an audit: one module a format. They say what the checks found, and judge nothing."""
