"""Programs that other workflow systems run in an environment of their own, and what starts them."""
