"""Settings: what every command can be told, each declared once, at the field that holds it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from rochallor_cli.command_names import COLORS, ENGINE_VERSIONS, OUTPUTS, TIMES
from rochallor_cli.configuration.engine_access import ENGINE_SETTINGS, EngineAccess
from rochallor_cli.configuration.masking import url_text
from rochallor_cli.configuration.setting import Setting, settings_of


@dataclass(frozen=True)
class Settings:
    """What the layers came to. `origins` has a text per setting; `dropped` says which credentials stayed behind.

    The settings written here and in `access` are the global options, in this order.
    """

    context: Annotated[
        str | None,
        Setting("text", "A named engine of your configuration.", flag="--context", metavar="NAME"),
    ] = None
    access: EngineAccess = field(default_factory=EngineAccess)
    engine_version: Annotated[
        str,
        Setting(
            "choice",
            "Which version the engine is; auto asks it.",
            choices=ENGINE_VERSIONS,
            flag="--engine-version",
            metavar="VERSION",
            context_key="engine_version",
            of_one_engine=True,
        ),
    ] = "auto"
    no_coercion: Annotated[
        bool,
        Setting(
            "flag",
            "The engine's operator has switched coercion in expressions off.",
            flag="--no-coercion",
            context_key="no_coercion",
            of_one_engine=True,
        ),
    ] = False
    protected: Annotated[
        bool,
        Setting(
            "flag",
            "Whatever changes something asks before.",
            context_key="protected",
            of_one_engine=True,
        ),
    ] = False
    output: Annotated[
        str,
        Setting(
            "choice",
            f"The form of the result: {', '.join(OUTPUTS)}.",
            choices=OUTPUTS,
            flag="--output",
            short="-o",
            metavar="FORMAT",
        ),
    ] = "table"
    fields: Annotated[
        tuple[str, ...],
        Setting("names", "Show only these fields, in this order.", flag="--fields", metavar="A,B"),
    ] = ()
    no_headers: Annotated[
        bool, Setting("flag", "Show tables without their first line.", flag="--no-headers")
    ] = False
    time: Annotated[
        str | None,
        Setting(
            "choice",
            f"Times in tables: {' or '.join(TIMES)}.",
            choices=TIMES,
            flag="--time",
            metavar="STYLE",
        ),
    ] = None
    color: Annotated[
        str,
        Setting(
            "choice",
            f"Whether to use colours: {', '.join(COLORS)}.",
            choices=COLORS,
            flag="--color",
            metavar="WHEN",
        ),
    ] = "auto"
    quiet: Annotated[
        bool, Setting("flag", "Write no notes to stderr, only errors.", flag="--quiet", short="-q")
    ] = False
    verbosity: Annotated[
        int,
        Setting(
            "level",
            "Show requests and origins of settings; -vv: bodies as well.",
            name="verbosity",
            flag="--verbose",
            short="-v",
        ),
    ] = 0
    origins: Mapping[str, str] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    # Beyond what `access` holds: what arguments and environment hold, whether it is used or not.
    more_secrets: tuple[str, ...] = ()

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not appear in anything that is shown."""
        return (*self.access.secrets, *self.more_secrets)

    @property
    def left_behind(self) -> str:
        """What to say of credentials that this engine is not sent, and what to do; empty where there are none."""
        if not self.dropped:
            return ""
        where_from, whose = self.origins["engine_url"], ", ".join(self.dropped)
        return f"not sent to this engine, whose URL is from {where_from}: {whose} (name both in one place)"

    @property
    def where(self) -> str:
        """The engine as errors name it: its URL, and the context it came from."""
        return self.access.where or url_text(self.access.url)


_CONTEXT, *_OTHERS = settings_of(Settings)
# What every command can be told, by the name that all its sources call it.
GLOBAL_SETTINGS: Mapping[str, Setting] = {
    setting.name: setting for setting in (_CONTEXT, *ENGINE_SETTINGS, *_OTHERS)
}
# What a context can hold, by its key there.
CONTEXT_KEYS: Mapping[str, Setting] = {
    setting.context_key: setting for setting in GLOBAL_SETTINGS.values() if setting.context_key
}


def flag_name(name: str) -> str:
    """What a setting is called for people: its flag's words."""
    return GLOBAL_SETTINGS[name].parameter.replace("_", "-")
