"""What the ledger costs and how fast it is: `make bench`, or `python -m benchmarks SECTION...`."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "layers/domain/python"))
