"""AWS's list prices in us-east-1 (N. Virginia), on demand, in dollars, without free tiers and volume discounts.

As published on AWS's pricing pages for each service (aws.amazon.com/<service>/pricing), compared in November 2026 with
third parties' tables of 2026.
"""

MILLION = 1_000_000

WRITE_UNIT = 0.625 / MILLION
"""DynamoDB on demand, standard table class, since November 2024; an index's units cost the same."""
READ_UNIT = 0.125 / MILLION
STORED_GB_MONTH = 0.25
LAMBDA_REQUEST = 0.20 / MILLION
LAMBDA_GB_SECOND = 0.0000133334
"""arm64."""
HTTP_API_REQUEST = 1.00 / MILLION
CUSTOM_EVENT = 1.00 / MILLION
"""EventBridge, for each started 64 KB that are put on a bus."""
SQS_REQUEST = 0.40 / MILLION
LOG_GB = 0.50
"""CloudWatch Logs, ingestion."""
TRACE = 5.00 / MILLION
"""X-Ray, recorded."""
