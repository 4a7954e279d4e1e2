"""HTTP routes by dialect and resource: parse the request, call the core, render its answer."""
