"""What a developer runs: the local cloud, the demo, checks. Nothing here is deployed."""
