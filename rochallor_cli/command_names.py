"""The commands and global options by name: what can be known without importing any of them.

Only plain literals: `--version`, help and completion read this before anything else is imported.
"""

# name -> (one line of help, is it a group of commands)
COMMANDS = {
    "demo": ("Watch a workflow run: embedded engine, example definition, workers.", False),
    "work": ("Host handlers: claim jobs, run them, report.", False),
    "dev": ("Run an embedded engine on this machine.", False),
    "defs": ("Upload, read, check and compare definitions.", True),
    "instances": ("Start, follow, inspect and cancel instances.", True),
    "tasks": ("List and complete user tasks.", True),
    "handlers": ("Try handlers without an engine.", True),
    "doctor": ("Check this installation, the settings and the engine.", False),
    "config": ("Show and change settings and contexts.", True),
    "api": ("Send a request of your own to the engine.", False),
    "completion": ("Print the completion script of a shell.", False),
}

OUTPUTS = ("table", "wide", "json", "jsonl", "yaml", "name")
TIMES = ("relative", "iso")
COLORS = ("auto", "always", "never")

# Global options that take a value, and those that do not; each spelling is accepted before and after the command.
OPTIONS_WITH_VALUE = (
    "--engine-url",
    "--context",
    "--token",
    "--token-command",
    "--token-file",
    "--header",
    "--ca-file",
    "--client-cert",
    "--client-key",
    "--request-timeout",
    "--output",
    "-o",
    "--fields",
    "--time",
    "--color",
)
OPTIONS_WITHOUT_VALUE = (
    "--no-headers",
    "--quiet",
    "-q",
    "--verbose",
    "-v",
    "-vv",
    "--help",
    "-h",
    "--version",
)


def command_words(arguments: list[str]) -> tuple[str | None, str | None]:
    """The command of a command line, and the one within its group: the first two words that are no global option
    nor the value of one.
    """
    words: list[str | None] = []
    skip = False
    for argument in arguments:
        if skip:
            skip = False
        elif argument in OPTIONS_WITH_VALUE:
            skip = True
        elif not argument.startswith("-"):
            words.append(argument)
    first, second, *_ = [*words, None, None]
    return first, second
