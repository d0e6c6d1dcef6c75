"""Is `workflow_sdk` wholly ours? The published rochallor-sdk installs into the same folder.

Imports nothing of the SDK, so that it can say what is wrong where an import would only fail.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from importlib import metadata, util
from pathlib import Path

from rochallor_cli.errors import InvalidDocumentError

OURS = "rochallor-cli"
PUBLISHED = "rochallor-sdk"
PACKAGE = "workflow_sdk"
REMEDY = (
    "pip uninstall -y rochallor-sdk; "
    "then pip install --force-reinstall --no-deps with the wheel or folder this was installed from"
)


def require_our_sdk() -> None:
    """Refuse to go on with an SDK that another distribution has overwritten or taken files from."""
    found = util.find_spec(PACKAGE)
    folder = Path(found.origin).parent if found and found.origin else None
    if folder is None:
        raise _refusal(f"{PACKAGE} is not installed")
    missing = missing_files(folder, _recorded_files(OURS))
    if missing:
        raise _refusal(f"files of {PACKAGE} are missing in {folder}: {_shortened(missing)}")
    foreign = foreign_files(folder, _recorded_files(PUBLISHED))
    if foreign:
        raise _refusal(
            f"{PUBLISHED} is installed too and has overwritten files in {folder}: {_shortened(foreign)}"
        )


def missing_files(folder: Path, ours: Iterable[metadata.PackagePath]) -> list[str]:
    """The files we installed that are not there; none are known for an editable installation."""
    return sorted(str(_inner(file)) for file in ours if not (folder / _inner(file)).exists())


def foreign_files(folder: Path, theirs: Iterable[metadata.PackagePath]) -> list[str]:
    """The files in `folder` whose content is what the other distribution has installed."""
    return sorted(
        str(_inner(file))
        for file in theirs
        if file.hash is not None and file.size and _sha256_of(folder / _inner(file)) == file.hash.value
    )


def _recorded_files(distribution: str) -> list[metadata.PackagePath]:
    try:
        files = metadata.files(distribution) or []
    except metadata.PackageNotFoundError:
        return []
    return [file for file in files if file.parts[0] == PACKAGE and file.suffix == ".py"]


def _inner(file: metadata.PackagePath) -> Path:
    return Path(*file.parts[1:])


def _sha256_of(path: Path) -> str | None:
    try:
        digest = hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return None
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _shortened(files: list[str]) -> str:
    shown = ", ".join(files[:3])
    return shown if len(files) <= 3 else f"{shown} and {len(files) - 3} more"


def _refusal(message: str) -> InvalidDocumentError:
    return InvalidDocumentError(message, hint=REMEDY)
