"""Policy language and evaluation. No AWS calls, no I/O."""
