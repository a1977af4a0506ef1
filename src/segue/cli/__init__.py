"""One file per verb: it parses, calls and prints."""
