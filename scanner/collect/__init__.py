"""The only place that reads AWS; each collector declares the API actions that it calls."""
