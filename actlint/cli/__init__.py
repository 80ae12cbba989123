"""The command line: options, exit codes, and what is printed where."""
