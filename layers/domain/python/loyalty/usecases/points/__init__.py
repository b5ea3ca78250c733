"""Points are issued, adjusted, earned by a sign-up, and expire."""
