"""What is shown of a comparison: one value, and a view of it for each place where it is read.

`asr.report.report` makes the value; `terminal`, `as_json` and `markdown` show it and compute nothing.
"""
