"""What the engine does by itself, by the clock: sweeping leases, firing timers, starting next workflows."""
