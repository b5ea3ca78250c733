"""What is sent about orders, and what is answered."""
