"""Many accounts: handed out to workers, joined with what they know of each other, and told in one report."""
