"""The scorecard: the share of promises kept, how sure that figure is, and the figures that keep it honest.

`measures` decides what counts and how; `reading` counts in the database; `cases` keeps what became of cases;
`charts` draws; `standards` is what the public sees.
"""
