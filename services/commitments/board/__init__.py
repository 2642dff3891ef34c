"""The promise board: promises that are broken, at risk, waiting or due, live and with the forms to act on them.

`lanes` decides where a promise stands and what may be done; `reading` reads; `acting` turns a form into a decision;
`news` tells every open board that something has changed; `routes` are the pages.
"""
