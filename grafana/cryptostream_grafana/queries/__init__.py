"""SQL of panels, variables, annotations and alert rules, as pure functions of what they show.

Grafana writes variables into the text before PostgreSQL sees it. Its PostgreSQL data source doubles the apostrophes of
a variable's value and puts apostrophes around those of variables with several values: so ``'$stream'`` but
``ARRAY[$symbol]::text[]``, which is valid SQL with no value, too. Its format ``:sqlstring`` must not be used: it writes
a backslash before a quotation mark, which PostgreSQL takes as part of the text.
"""
