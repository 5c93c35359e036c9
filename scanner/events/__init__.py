"""Events and who is told of them: the languages in which rules, subscriptions, filters and alarms choose events."""
