"""From a linear program to proven values."""
