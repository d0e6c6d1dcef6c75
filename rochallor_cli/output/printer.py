"""The only way to stdout: values in the format asked for; notes and errors go to stderr."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rochallor_cli.configuration.environment import Environment, is_terminal, silence
from rochallor_cli.configuration.masking import masked
from rochallor_cli.configuration.settings import Settings
from rochallor_cli.output.columns import Column, Row, View, lookup, plain
from rochallor_cli.output.json_form import is_vast, json_form
from rochallor_cli.output.styles import paint
from rochallor_cli.output.table import table_lines
from rochallor_cli.output.table_cell import Cell
from rochallor_cli.output.text_width import harmless, harmless_json, harmless_lines
from rochallor_cli.output.times import Times

_TABLES = ("table", "wide")
_INDENTED = "\n  "


class Printer:
    """Prints what a command hands over. The formats: table, wide, json, jsonl, yaml, csv, name."""

    def __init__(self, environment: Environment, settings: Settings) -> None:
        self.environment = environment
        self.settings = settings
        self.colored = environment.may_color(environment.stdout, settings.color)
        self._unicode = "utf" in (getattr(environment.stdout, "encoding", None) or "utf-8").lower()

    @property
    def times(self) -> Times:
        style = self.settings.time or ("relative" if self.environment.stdout_is_terminal else "iso")
        return Times(relative=style == "relative", now=self.environment.now())

    @property
    def for_people(self) -> bool:
        """Whether the format is a table, for reading."""
        return self.settings.output in _TABLES

    @property
    def for_readers(self) -> bool:
        """Whether a text for people is wanted where there is one: in the table formats, without --fields."""
        return self.for_people and not self.settings.fields

    @property
    def width(self) -> int | None:
        """Cells of the terminal, None on a pipe or where nothing is to be left out."""
        if not self.environment.stdout_is_terminal or self.settings.output == "wide":
            return None
        return self.environment.columns

    # --- data ------------------------------------------------------------------------------------

    def rows(self, view: View, rows: Iterable[Row]) -> int:
        """Print a list of values, in jsonl and name as they come; how many there were."""
        view.check_fields(self.settings.fields)
        if self.settings.output in ("jsonl", "name"):
            return self._stream(view, rows)
        everything = list(rows)
        if self.for_people:
            if everything:
                for line in self.table_lines(view, everything):
                    self.styled(line)
        elif self.settings.output == "csv":
            # The same columns whatever the rows hold, and where there are none.
            columns = self.settings.fields or view.csv_columns
            self._csv([self._chosen(row) for row in everything], columns)
        else:
            self._document([self._chosen(row) for row in everything])
        return len(everything)

    def value(self, view: View, value: Row) -> None:
        """One value: a line per field in a table, the whole value otherwise."""
        view.check_fields(self.settings.fields)
        if self.settings.output == "name":
            self.line(plain(lookup(value, view.name)))
        elif self.for_people:
            self._details(view, value)
        elif self.settings.output == "jsonl":
            self.line(self.json_text(self._chosen(value), indent=None))
        else:
            self._document(self._chosen(value))

    def document(self, value: object, *, name: str = "") -> None:
        """Any value in JSON or YAML; tables are for views, so a table format shows JSON.

        name: the field that names an object, or each of a list, for `-o name`; what has none is shown as JSON.

        --fields chooses of an object, or of each object of a list; one that none of them has is said.
        """
        each = value if isinstance(value, list) else [value]
        if self.settings.output == "name" and (name or all(isinstance(one, str) for one in each)):
            for one in each:
                self.line(plain(lookup(one, name) if isinstance(one, Mapping) else one))
            return
        rows = [row for row in each if isinstance(row, Mapping)]
        for path in self.settings.fields if rows else ():
            if not any(path.partition(".")[0] in row or path in row for row in rows):
                known = ", ".join(dict.fromkeys(str(name) for row in rows for name in row))
                self.warn(f"no field {path!r}; there are: {known}")
        if isinstance(value, list):
            value = [self._chosen(row) if isinstance(row, Mapping) else row for row in value]
        elif isinstance(value, Mapping):
            value = self._chosen(value)
        if self.settings.output == "jsonl":
            self.line(self.json_text(value, indent=None))
        else:
            self._document(value)

    def event(self, value: Row) -> None:
        """One value of a stream in jsonl, written at once."""
        self.line(self.json_text(self._chosen(value), indent=None))
        self.environment.stdout.flush()

    def line(self, text: str = "") -> None:
        """One line of data, whatever its names hold; on a terminal without what the terminal would obey."""
        shown = harmless(text) if self.environment.stdout_is_terminal else text.replace("\n", " ")
        self.environment.stdout.write(shown + "\n")

    def text(self, text: str) -> None:
        """Text of lines, ready with their ends."""
        self.environment.stdout.write(harmless_lines(text) if self.environment.stdout_is_terminal else text)

    def styled(self, text: str) -> None:
        """A line with styles of our own in it; whatever else it holds was made harmless before."""
        self.environment.stdout.write(text)
        self.environment.stdout.write("\n")

    def paint(self, text: str, style: str) -> str:
        return paint(text, style, colored=self.colored)

    def json_text(self, value: object, *, indent: int | None = 2) -> str:
        text = json_form(value, indent=indent, ascii_only=not self._unicode)
        return harmless_json(text) if self.environment.stdout_is_terminal else text

    def yaml_text(self, value: object) -> str:
        from rochallor_cli.documents.json_yaml import dump

        if is_vast(value):
            return self.json_text(value, indent=None) + "\n"
        try:
            text = dump(value, ascii_only=not self._unicode)
        except RecursionError:
            # YAML's writer goes less deep than JSON's, and JSON is YAML.
            return self.json_text(value, indent=None) + "\n"
        if self.environment.stdout_is_terminal and text != harmless_lines(text):
            return dump(value, ascii_only=True)
        return text

    # --- besides the data ----------------------------------------------------------------------------

    def note(self, text: str) -> None:
        """Something good to know, on stderr; silent with --quiet. What it quotes begins no line of its own."""
        if not self.settings.quiet:
            self._to_stderr(_INDENTED.join(text.split("\n")))

    def warn(self, text: str) -> None:
        """Something to act on, on stderr; --quiet does not silence it."""
        colored = self.environment.may_color(self.environment.stderr, self.settings.color)
        self._to_stderr(
            _INDENTED.join(text.split("\n")), before=f"{paint('warning:', 'yellow', colored=colored)} "
        )

    def trace(self, text: str, *, level: int = 1) -> None:
        """Something for those who ask with -v (level 1) or -vv (level 2)."""
        if self.settings.verbosity >= level:
            colored = self.environment.may_color(self.environment.stderr, self.settings.color)
            self._to_stderr(text, style="dim" if colored else "")

    def _to_stderr(self, text: str, *, before: str = "", style: str = "") -> None:
        if is_terminal(self.environment.stdout):
            self.environment.stdout.flush()
        shown = harmless_lines(masked(text, self.settings.secrets))
        try:
            self.environment.stderr.write(before + paint(shown, style, colored=bool(style)) + "\n")
            self.environment.stderr.flush()
        except OSError:
            # A full disk, a reader that is gone: the command is not about its notes.
            silence(self.environment.stderr)

    # --- formats -------------------------------------------------------------------------------------

    def _chosen(self, value: Row) -> object:
        wanted = self.settings.fields
        return {path: lookup(value, path) for path in wanted} if wanted else value

    def _document(self, value: object) -> None:
        if self.settings.output == "csv":
            self._csv(value)
        elif self.settings.output == "yaml":
            self.environment.stdout.write(self.yaml_text(value))
        else:
            self.text(self.json_text(value) + "\n")

    def _csv(self, value: object, columns: Sequence[str] = ()) -> None:
        from rochallor_cli.output.csv_text import csv_text, rows_of

        self.text(csv_text(rows_of(value), headers=not self.settings.no_headers, first=columns))

    def _stream(self, view: View, rows: Iterable[Row]) -> int:
        count = 0
        for count, row in enumerate(rows, start=1):  # noqa: B007 - the count is the result
            if self.settings.output != "name":
                self.line(self.json_text(self._chosen(row), indent=None))
            # What came to nothing has no name, and an empty line would be taken for one.
            elif lookup(row, view.name) is not None:
                self.line(plain(lookup(row, view.name)))
        return count

    def table_lines(self, view: View, rows: Sequence[Row]) -> list[str]:
        """The lines of a table, as `rows` prints them."""
        view.check_fields(self.settings.fields)
        times = self.times
        columns = view.shown(self.settings.fields, wide=self.settings.output == "wide")
        return self._lines(
            columns,
            [[Cell.of(column.cell(row, times), column.style_of(row)) for column in columns] for row in rows],
        )

    def table(self, columns: Sequence[Column], cells: Sequence[Sequence[Cell]]) -> None:
        """A table of ready cells, fitted to the terminal, where columns without any content are left out."""
        for line in self._lines(columns, cells):
            self.styled(line)

    def _lines(self, columns: Sequence[Column], cells: Sequence[Sequence[Cell]]) -> list[str]:
        if self.width is not None and not self.settings.fields:
            filled = [index for index in range(len(columns)) if any(row[index].text for row in cells)]
            columns = [columns[index] for index in filled]
            cells = [[row[index] for index in filled] for row in cells]
        return table_lines(
            columns, cells, available=self.width, headers=not self.settings.no_headers, colored=self.colored
        )

    def _details(self, view: View, value: Row) -> None:
        pairs = list(self._detail_pairs(view, value))
        width = max((len(title) for title, _, _ in pairs), default=0)
        for title, text, style in pairs:
            before, painted = self.paint(f"{title:<{width}}", "dim"), style
            for line in text.split("\n"):
                # Piece by piece: a value may be long, and a line made of all would be as long again.
                self.environment.stdout.write(f"{before}  " if line else before.rstrip())
                self.styled(self.paint(harmless(line), painted))
                before, painted = f"{'':<{width}}", ""

    def _detail_pairs(self, view: View, value: Row) -> Iterator[tuple[str, str, str]]:
        times = self.times
        for column in view.shown(self.settings.fields, wide=True):
            text = column.cell(value, times)
            if text or self.settings.fields:
                yield column.title.lower(), text, column.style_of(value)
