"""Points that no order moves: issued by hand, adjusted, earned by a sign-up, expired."""
