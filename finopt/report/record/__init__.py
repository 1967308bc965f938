"""The sheets that every report carries: cover, inputs as read, every flow in one table, facts of the run."""
