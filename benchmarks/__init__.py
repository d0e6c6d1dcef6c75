"""Speed measured beside the published SDK: `python -m benchmarks` (see README.md)."""
