"""What is shown of a comparison: one value, and a view of it for each place where it is read.

`report`, `comparison` and `training` make the values; `terminal`, `markdown`, `as_json`, `as_csv`, `as_trn`, `as_ctm`
and `page` (and their namesakes for comparisons and trainings) show them.
"""
