"""The commands: one module per group, its path is the command."""
