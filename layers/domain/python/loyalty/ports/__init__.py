"""What use cases need from the outside, a module for each port. Adapters provide it, and fakes in the tests."""
