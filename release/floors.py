"""Print the lowest versions that pyproject.toml allows, as constraints for pip."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"


def floors(dependencies: list[str]) -> list[str]:
    """`httpx==0.28.1` for `httpx>=0.28.1`."""
    return [re.sub(r">=([^,]+).*", r"==\1", dependency) for dependency in dependencies]


if __name__ == "__main__":
    project = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]
    sys.stdout.write("".join(f"{floor}\n" for floor in floors(project["dependencies"])))
