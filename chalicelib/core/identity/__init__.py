"""Who people are: users, their passwords, the tokens that a login gives (S4)."""
