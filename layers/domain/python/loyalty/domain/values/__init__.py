"""Values that every rule reckons with: money, instants and days, and how a rule says no."""
