"""From a Case to a linear program in PuLP."""
