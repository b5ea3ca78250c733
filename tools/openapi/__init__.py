"""The description of the API, docs/openapi.json, made from the code: `python -m tools.openapi`.

Routes and scopes come from entry/http/routes.py, schemas from the contracts, codes and statuses from
entry/http/problems.py. What only the description needs is in operations.py. A test plays the examples
(docs/api-examples.json).
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "layers/domain/python"))
