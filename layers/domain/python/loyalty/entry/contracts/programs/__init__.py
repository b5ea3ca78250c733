"""What is sent about programs, and what is answered."""
