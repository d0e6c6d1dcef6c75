"""What is looked at before a host runs: handlers, engine, brokers, the SDK, the settings."""
