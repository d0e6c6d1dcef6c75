"""workers.yaml, read and checked: every problem with file, line, column and path."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from rochallor_cli.configuration.layers import Layer
from rochallor_cli.documents.document import Document, DocumentPath
from rochallor_cli.documents.reading import read_document
from rochallor_cli.errors import InvalidDocumentError
from rochallor_cli.hosting.config.sections import SECTIONS
from rochallor_cli.hosting.config.workers_reader import WorkersReader


@dataclass(frozen=True)
class WorkersFile:
    """The checked values by section and key; what the file leaves out is not there."""

    document: Document
    sections: Mapping[str, Any]

    def section(self, name: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.sections.get(name, {})
        return found

    @property
    def workers(self) -> list[Mapping[str, Any]]:
        return list(self.sections.get("workers", []))

    def layer(self, section: str, *path: str | int) -> Layer:
        """What is written at the path, for the settings of a section: a source like flags and environment."""
        written: Any = self.sections
        for part in path:
            written = written[part] if isinstance(part, int) else written.get(part, {})
        values = {f"{section}.{key}": value for key, value in written.items()}
        return Layer("workers.yaml", values, lambda name: self.origin(*path, name.partition(".")[2]))

    def origin(self, *path: str | int) -> str:
        """`workers.yaml:12`: where a value was written."""
        return f"{self.document.source}:{self.document.position(path).line}"


def read_workers_file(name: str, stdin: TextIO, environ: Mapping[str, str]) -> WorkersFile:
    """Read and check the file; InvalidDocumentError lists all of its problems."""
    document = read_document(name, stdin)
    problems: list[str] = []

    def report(path: DocumentPath, text: str) -> None:
        of_key = text.startswith("unknown key")
        problems.append(
            f"{document.at(path, of_key=of_key)}: {place_text(path)}: {text}".replace(": : ", ": ")
        )

    sections = WorkersReader(environ, report).section(document.value, "", path=())
    problems += _twice_named(document, sections)
    problems += _late_heartbeats(document, sections)
    if problems:
        raise _invalid(name, problems)
    _place_files(sections, Path(name).parent)
    return WorkersFile(document, sections)


def place_text(path: DocumentPath) -> str:
    """`workers[1].poll_interval`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _twice_named(document: Document, sections: Mapping[str, Any]) -> list[str]:
    seen: dict[str, int] = {}
    problems = []
    for index, worker in enumerate(sections.get("workers", [])):
        name = worker.get("id")
        if name in seen:
            path = ("workers", index, "id")
            problems.append(
                f"{document.at(path)}: {place_text(path)}: workers[{seen[name]}] has the id {name} too"
            )
        elif name is not None:
            seen[name] = index
    return problems


def _late_heartbeats(document: Document, sections: Mapping[str, Any]) -> list[str]:
    """Leases that would be over before they are extended."""
    problems = []
    defaults = sections.get("defaults", {})
    for index, entry in enumerate(sections.get("workers", [])):
        both = {**defaults, **entry}
        lease_s, interval_s = both.get("lease_seconds"), both.get("heartbeat_interval")
        if lease_s is None or interval_s is None or interval_s < lease_s:
            continue
        place: DocumentPath = ("workers", index) if "heartbeat_interval" in entry else ("defaults",)
        path = (*place, "heartbeat_interval")
        problems.append(
            f"{document.at(path)}: {place_text(path)}: expected less than the lease of {lease_s} s, "
            f"found {interval_s:g} s"
        )
    return list(dict.fromkeys(problems))


def _invalid(name: str, problems: list[str]) -> InvalidDocumentError:
    if len(problems) == 1:
        return InvalidDocumentError(problems[0])
    return InvalidDocumentError(f"{name} has {len(problems)} problems", details=problems)


def _place_files(sections: dict[str, Any], folder: Path) -> None:
    """Files that are named in workers.yaml, like modules, are meant from its folder."""
    for worker in sections.get("workers", []):
        if "modules" in worker:
            worker["modules"] = [_module_from(folder, module) for module in worker["modules"]]
    engine = sections.get("engine", {})
    for key in {setting.key for setting in SECTIONS["engine"] if setting.kind == "path"} & engine.keys():
        engine[key] = str(folder / engine[key])
    brokers = sections.get("kafka", {}).get("config", {})
    for key, value in brokers.items():
        # `probe` has librdkafka look for the system's certificates.
        if key.endswith(".location") and value != "probe":
            brokers[key] = str(folder / value)


def _module_from(folder: Path, module: str) -> str:
    """Files and folders are meant from the folder of workers.yaml, dotted names are looked up by Python."""
    path = module.partition(":")[0]
    if not path.endswith(".py") and os.sep not in path:
        return module
    return os.path.normpath(folder / module) + (os.sep if module.endswith(os.sep) else "")
