"""The health and metrics endpoint of a host."""
