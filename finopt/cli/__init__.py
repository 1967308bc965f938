"""Commands: parse, call, print; exit codes."""
