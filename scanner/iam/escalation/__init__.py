"""How principals become more than they are: the escalation catalogue, executed on the policies of one account."""
