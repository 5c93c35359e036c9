"""The embedded demo account: AWS in process, seeded so that the night of the leaked credentials could happen in it."""
