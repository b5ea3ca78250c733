"""What the use cases need from the world: adapters provide it, and tests do. Each port has its own module."""
