"""Orders are completed, cancelled, refunded, quoted and viewed; they use points."""
