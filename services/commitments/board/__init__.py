"""The promise board: what is broken, at risk, waiting on whom, due; live, and acted on there.

`lanes` decides where a promise stands and what may be done; `reading` reads; `acting` turns a form into a decision;
`news` tells every open board that something has changed; `routes` are the pages.
"""
