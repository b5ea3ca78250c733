"""The rules. Standard library only; no clock, no I/O: time and facts come in, decisions go out."""
