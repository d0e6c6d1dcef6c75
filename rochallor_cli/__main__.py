"""The entry point. `--version`, completion and health probes are answered before anything heavy is imported."""

import sys


def main() -> int:
    """Run the command line of this process; its exit status."""
    arguments = sys.argv[1:]
    _prepare_streams()
    try:
        status = _answered_at_once(arguments)
        sys.stdout.flush()
    except OSError as error:
        from rochallor_cli.configuration.environment import end_of_output

        return end_of_output(error, stdout=sys.stdout, stderr=sys.stderr)
    if status is not None:
        return status
    from rochallor_cli.command_line.interruptions import Interruptions

    interruptions = Interruptions()
    from rochallor_cli.garbage_collection import leave_garbage, postpone_collection

    postpone_collection()
    from rochallor_cli.app import run
    from rochallor_cli.configuration.environment import Environment

    status = run(arguments, Environment.of_this_process(), interruptions)
    interruptions.end()
    leave_garbage()
    return status


def _prepare_streams() -> None:
    """A stream that the caller has closed (`>&-`) leads nowhere; its descriptor must not become a socket's.

    A locale that cannot show a character must not end a command.
    """
    import os

    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = open(os.devnull, mode, encoding="utf-8")  # noqa: SIM115 - it serves to the end
            setattr(sys, name, nowhere)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _answered_at_once(arguments: list[str]) -> int | None:
    """The exit status of what needs neither Typer nor settings; None for everything else."""
    if arguments in (["--version"], ["-V"]):
        from rochallor_cli.version import VERSION

        sys.stdout.write(f"rochallor {VERSION}\n")
        return 0
    if arguments[:1] == ["__complete"]:
        from os import environ

        from rochallor_cli.completion.shells import answer

        sys.stdout.write(answer(arguments[1:], environ))
        return 0
    if arguments[:2] == ["work", "health"]:
        # Probes run every few seconds.
        from os import environ

        from rochallor_cli.hosting.health.probe import probe_from_arguments

        return probe_from_arguments(arguments[2:], environ)
    return None


if __name__ == "__main__":
    sys.exit(main())
