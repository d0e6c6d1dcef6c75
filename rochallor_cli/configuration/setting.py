"""Setting: one thing that can be set, declared once, at the field that holds its value.

    parallelism: Annotated[int, Setting("count", "Jobs at the same time.", flag="--parallelism", minimum=1)] = 64

Of this follow the flag of `rochallor work` with its help, the environment variable, the key in workers.yaml with its
checks, the JSON Schema, the tables in the docs, `--print-config` and the default. Of one that every command has
(`EngineAccess`, `Settings`) follow the global option, the variable, the key of a context, and its row in `config show`.

A file with such fields does without `from __future__ import annotations`: every command reads them, and evaluating a
long text takes ten times as long as running it compiled.
"""

from dataclasses import MISSING, Field, fields
from inspect import get_annotations
from typing import Any, Literal, NamedTuple

SettingKind = Literal[
    "text",
    "path",
    "url",
    "token",
    "texts",
    "names",
    "text map",
    "headers",
    "level",
    "count",
    "duration",
    "retry delay",
    "rate",
    "flag",
    "choice",
    "port",
    "brokers",
    "section",
    "sections",
]

# What may be given several times, to add up.
LISTS = ("texts", "text map", "headers")

# The default of what must be given.
NOT_SET = object()
_METAVARS = {"count": "N", "duration": "DURATION", "port": "PORT", "text map": "KEY=VALUE"}


class Setting(NamedTuple):
    """What it holds and what it means. `minimum`, `above` and `maximum` are for counts and durations; `beyond` is said
    of a value beyond them, where the limit alone does not say why.

    `key` is its name in workers.yaml, the field's own (without its unit) unless another is given; `flag` and
    `short` are the options on the command line, none without. A `path` is meant from the folder of workers.yaml.
    `of_one_worker`: not among `defaults`. `section` names the table of a section, of each section in a list
    (`sections`) or, with `by_name`, of each section in a mapping with free keys.

    Of those that every command has, `name` is what all its sources call it, the flag's words unless another is given;
    `context_key` its name in a context, none without. `of_one_engine`: left behind with its engine's URL.
    """

    kind: SettingKind
    meaning: str
    minimum: float | None = None
    above: float | None = None
    maximum: float | None = None
    beyond: str = ""
    choices: tuple[str, ...] = ()
    is_secret: bool = False
    of_one_worker: bool = False
    of_one_engine: bool = False
    key: str = ""
    name: str = ""
    context_key: str = ""
    flag: str = ""
    short: str = ""
    metavar: str = ""
    panel: str | None = None
    section: str = ""
    by_name: bool = False
    # From the field that it is written at:
    attribute: str = ""
    default: Any = NOT_SET

    @property
    def parameter(self) -> str:
        """The flag as a name in Python; without one, the setting's own."""
        return self.flag.removeprefix("--").replace("-", "_") or self.name

    @property
    def variable(self) -> str:
        """The environment variable."""
        return "ROCHALLOR_" + self.parameter.upper()

    @property
    def placeholder(self) -> str:
        """What stands for the value in help texts."""
        return self.metavar or "|".join(self.choices) or _METAVARS.get(self.kind, "TEXT")


def settings_of(owner: type) -> tuple[Setting, ...]:
    """The settings written at the fields of a dataclass, in their order."""
    hints = get_annotations(owner, eval_str=True)
    defaults = {field.name: _default_of(field) for field in fields(owner)}
    return tuple(
        note._replace(
            attribute=name,
            key=note.key or name.removesuffix("_s"),
            name=note.name or note.parameter or name,
            default=defaults[name],
        )
        for name, hint in hints.items()
        for note in getattr(hint, "__metadata__", ())
        if isinstance(note, Setting)
    )


def _default_of(field: Field[Any]) -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return NOT_SET if field.default is MISSING else field.default
