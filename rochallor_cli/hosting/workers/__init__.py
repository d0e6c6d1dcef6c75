"""Workers of this process: handlers found, runners built, each in a thread."""
