"""DynamoDB and S3: the only place that knows table keys and expressions. Import the modules."""
