"""What finance asks for, and what is answered."""
