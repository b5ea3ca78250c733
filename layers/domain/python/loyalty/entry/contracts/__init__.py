"""What clients send and what they get: one module for each subject."""
