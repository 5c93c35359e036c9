"""How an account is known: collection, inventory, the IAM engine and the rule engine."""
