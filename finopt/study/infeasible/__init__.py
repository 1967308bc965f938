"""infeasible."""
