"""Questions that a plan answers, one a file."""
