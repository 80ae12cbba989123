"""Finding, reading and writing the user's files. Knows nothing about Python's syntax."""
