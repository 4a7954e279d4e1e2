"""S3: swarms over REST, one module for each resource. Each parses, asks `services().swarms`, renders.

`app.py` imports the routes; nobody else imports from here.
"""
