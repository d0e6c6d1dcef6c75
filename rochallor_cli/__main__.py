"""The entry point. `--version` and completion are answered before anything heavy is imported."""

import sys


def main() -> int:
    """Run the command line of this process; returns its exit status."""
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]):
        from rochallor_cli.version import VERSION

        sys.stdout.write(f"rochallor {VERSION}\n")
        return 0
    if arguments[:2] == ["work", "health"]:
        # Probes run every few seconds: they are answered without the command line's imports.
        import os

        from rochallor_cli.hosting.probe import probe_from_arguments

        answer = probe_from_arguments(arguments[2:], os.environ)
        if answer is not None:
            return answer
    from rochallor_cli.app import run
    from rochallor_cli.environment import Environment

    for stream in (sys.stdout, sys.stderr):
        # A locale that cannot show a character must not end a command.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    return run(arguments, Environment.of_this_process())


if __name__ == "__main__":
    sys.exit(main())
