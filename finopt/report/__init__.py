"""A plan as a workbook that proves it: one module a sheet."""
