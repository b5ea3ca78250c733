"""The calls of the README do what it says, as they stand there."""

import json
import os
import re
import subprocess
from pathlib import Path

from tools.local_cloud import Stack

ROOT = Path(__file__).resolve().parents[3]


def test_the_four_calls_of_the_readme_work(stack: Stack, directory: Path) -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## Four calls\n")[2]
    found = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert found
    script = found[1].replace("programs/my-shop", f"programs/readme-{os.getpid()}")
    # Each call answers one line of JSON without an end.
    script = re.sub(r"^(curl -s )", r"echo; \1", script, flags=re.MULTILINE)
    environment = {**os.environ, "STACK": str(directory / "stack.json")}
    run = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    program, order, redemption, account = (json.loads(line) for line in run.stdout.splitlines() if line)
    assert (program["version"], program["earn"]["points_per_unit"]) == (1, "2")
    assert (order["status"], order["points_earned"]) == ("earned", 50)
    assert (redemption["points_redeemed"], redemption["discount"]) == (50, "0.50")
    assert account["balance"] == 0
