"""From a workbook to a Case."""
