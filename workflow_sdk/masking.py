"""What stands in the place of a secret, wherever the SDK shows settings or variables."""

# The command line's `rochallor_cli.configuration.masking` has the same; a test holds the two together.
MASK = "***"
