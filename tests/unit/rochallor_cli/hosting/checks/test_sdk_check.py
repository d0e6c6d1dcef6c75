"""An SDK that is not wholly ours is refused."""

import base64
import hashlib
from importlib import metadata

from rochallor_cli.hosting.checks.sdk_check import foreign_files, missing_files, require_our_sdk


def recorded(name: str, content: bytes) -> metadata.PackagePath:
    path = metadata.PackagePath(f"workflow_sdk/{name}")
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    path.hash, path.size = metadata.FileHash(f"sha256={digest}"), len(content)
    return path


def test_files_of_the_other_distribution_are_found_by_their_content(tmp_path) -> None:
    (tmp_path / "rest.py").write_bytes(b"theirs")
    (tmp_path / "errors.py").write_bytes(b"ours")
    (tmp_path / "__init__.py").write_bytes(b"")
    theirs = [
        recorded("rest.py", b"theirs"),
        recorded("errors.py", b"theirs as well"),
        recorded("__init__.py", b""),
    ]
    assert foreign_files(tmp_path, theirs) == ["rest.py"]


def test_files_taken_away_with_the_other_distribution_are_missed(tmp_path) -> None:
    (tmp_path / "rest.py").write_bytes(b"ours")
    assert missing_files(tmp_path, [recorded("rest.py", b"ours"), recorded("job.py", b"ours")]) == ["job.py"]


def test_this_installation_is_ours() -> None:
    require_our_sdk()
