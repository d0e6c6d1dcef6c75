"""What a host is to do: workers.yaml, flags and environment, resolved to one frozen value."""
