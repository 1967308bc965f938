"""A second reader of reports: checks a plan from the sheets Inputs and Data alone.

It shares no code with the arrays, the model or the solver: what it finds is found twice. pandas, numpy and openpyxl do
the work; the conventions are written here again, from the contract.
"""
