"""A loyalty-points ledger: exact, serverless, double-entry."""

import os

if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Here, as this comes before whatever else of ours a handler imports first.
    from loyalty.entry import cold_start

    cold_start.begin()
