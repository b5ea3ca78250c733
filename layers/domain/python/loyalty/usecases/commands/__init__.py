"""How a command is carried out: read, decide, write once, or start over."""
