"""What it takes to host workers in a process that lives for weeks."""
