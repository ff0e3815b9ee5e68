"""One plain function per command, callable from Python. They return values and print nothing."""
