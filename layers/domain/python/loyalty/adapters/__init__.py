"""The only place that knows botocore: AWS's services."""
