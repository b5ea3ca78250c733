"""What is sent to give or take points, and what is answered."""
