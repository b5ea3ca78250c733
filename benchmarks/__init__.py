"""What things cost, counted: `make bench`."""
