"""The scorecard: how many promises are kept, how sure that figure is, and what stands beside it so that it is true.

`measures` decides what counts and how; `reading` counts in the database; `cases` keeps what became of cases;
`charts` draws; `standards` is what the public sees.
"""
