"""Writes docs/openapi.json, or, with `--check`, says whether it is up to date."""

import sys

from tools.openapi import ROOT
from tools.openapi.document import text

DOCUMENT = ROOT / "docs/openapi.json"


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        if not DOCUMENT.is_file() or DOCUMENT.read_text() != text():
            print("docs/openapi.json is not what the code says: run `python -m tools.openapi`", file=sys.stderr)
            return 1
        return 0
    DOCUMENT.write_text(text())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
