"""Documents: JSON, or YAML with JSON's types only, and where in a file each of their values stands."""
