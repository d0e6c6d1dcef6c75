"""An SDK that is not wholly ours is refused."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from rochallor_cli.sdk_check import foreign_files, missing_files

ROOT = Path(__file__).resolve().parents[3]


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


def installed(site: Path, name: str, content: bytes) -> None:
    """A distribution with one file of the SDK, as pip writes it down."""
    (site / "workflow_sdk").mkdir(exist_ok=True)
    (site / "workflow_sdk" / "__init__.py").write_bytes(content)
    (site / f"{name}-0.1.dist-info").mkdir()
    (site / f"{name}-0.1.dist-info" / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n"
    )
    record = recorded("__init__.py", content)
    assert record.hash is not None
    line = f"{record},sha256={record.hash.value},{len(content)}\n"
    (site / f"{name}-0.1.dist-info" / "RECORD").write_text(line)


def check_in(site: Path) -> subprocess.CompletedProcess[str]:
    code = "from rochallor_cli.sdk_check import require_our_sdk; require_our_sdk()"
    environment = {**os.environ, "PYTHONPATH": f"{site}{os.pathsep}{ROOT}"}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=site, env=environment, capture_output=True, text=True, check=False
    )


def test_an_installation_of_ours_alone_is_accepted(tmp_path: Path) -> None:
    installed(tmp_path, "rochallor_cli", b"ours = True")
    assert check_in(tmp_path).returncode == 0


def test_an_installation_that_another_has_overwritten_is_refused_with_the_way_out(tmp_path: Path) -> None:
    installed(tmp_path, "rochallor_cli", b"ours = True")
    installed(tmp_path, "rochallor_sdk", b"theirs = True")
    refusal = check_in(tmp_path).stderr
    assert f"rochallor-sdk is installed too and has overwritten files in {tmp_path}" in refusal
    assert "__init__.py" in refusal


def test_an_installation_that_lost_files_to_an_uninstall_is_refused(tmp_path: Path) -> None:
    installed(tmp_path, "rochallor_cli", b"ours = True")
    record = tmp_path / "rochallor_cli-0.1.dist-info" / "RECORD"
    record.write_text(record.read_text() + "workflow_sdk/job.py,,\n")
    assert (
        f"files of workflow_sdk are missing in {tmp_path / 'workflow_sdk'}: job.py"
        in check_in(tmp_path).stderr
    )
