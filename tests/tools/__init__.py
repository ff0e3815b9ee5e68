"""Commands for maintainers: print what checks find, what experiments see; record the shipped cassette."""
