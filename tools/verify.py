"""`make verify`: has the deployed ledger check itself, and says what it found."""

import json
import sys
from pathlib import Path

from tools.deployment import client
from tools.emulator import LocalCloudError
from tools.local_cloud import DIRECTORY, load


def main(directory: Path = DIRECTORY) -> int:
    try:
        stack = load(directory)
    except LocalCloudError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    lambda_ = client(stack.endpoint_url, "lambda", patience=900)
    answer = lambda_.invoke(FunctionName=stack.functions["VerifyFunction"], Payload=b"{}")
    result = json.load(answer["Payload"])
    if "FunctionError" in answer:
        print(f"verify: the function failed: {result.get('errorMessage', result)}", file=sys.stderr)
        return 1
    for program in result["programs"]:
        counted = f"{program['accounts']} accounts, {program['movements']} movements"
        books = f"liability {program['liability']}, outstanding {program['outstanding']}"
        print(f"verify: {program['program_id']}: {counted}; {books}")
        for difference in program["differences"]:
            print(f"  {difference['where']}: {difference['what']}")
    if not result["complete"]:
        print("verify: time ran out before all was compared", file=sys.stderr)
    verdict = f"{result['differences']} differences" if result["differences"] else "everything agrees"
    print(f"verify: {verdict}")
    return 0 if result["complete"] and not result["differences"] else 1


if __name__ == "__main__":
    sys.exit(main())
