"""One module per command or view: read, decide, write once, report."""
