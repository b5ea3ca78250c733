"""What is sent about customers, and what is answered."""
