"""The command line of the Rochallor workflow engine: worker host, admin tool and embedded engine.

__main__.py            the entry point: `--version`, completion and probes come before heavy imports
app.py                 the root command, and the one border where errors become text and exit status
commands/              one module for each group of commands: its path is the command
demo.py                `rochallor demo`
trial/                 handlers tried out without a worker
ui/                    `rochallor ui`: a page that shows the engine
hosting/               `rochallor work`: workers in a process that lives for weeks
handler_modules/       the users' own code: found, imported, its errors shown
graph/                 a definition drawn, with an instance's state painted on it
instances/             instances followed, told as a history, cancelled
explanation/           why an instance stands where it stands
verification/          everything that can happen to an instance, searched before anything runs
definitions/           definitions checked, compared, uploaded
completion/            shell completion
command_line/          how a command is declared, and what it gets
engine_client/         the engine as commands see it
output/                everything that reaches stdout
configuration/         what a command line is run with: environment, file, settings
documents/             JSON and YAML, with the place of each value
dev_engine/            the embedded engine
pytest_plugin.py       fixtures for the tests of handlers and workflows
sdk_check.py           is `workflow_sdk` wholly ours?
errors.py              what a command raises when it cannot do what it was asked to
exit_status.py         the exit statuses, the same for every command
durations.py           durations as people write and read them
counting.py            how many of what, in words
command_names.py       what can be known of the commands without importing any
version.py             the version, as a plain constant
garbage_collection.py  the garbage collector, kept out of the way while a command starts
lean_imports.py        libraries without what they import and a command never uses

Words: docs/architecture.md, "Glossary".
"""
