"""Events in, answers out: contracts, problems and wiring. The only place that knows powertools."""
