"""HTTP: webhooks, health, the simulator."""
