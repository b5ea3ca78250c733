"""Events in, answers out: contracts, problems and wiring. The only place that knows powertools."""

import gc
import os

if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # What a function imports stays. To look through it for garbage again and again is a tenth of a cold start;
    # `observing.observed`, which makes the handler, turns that on.
    gc.disable()
