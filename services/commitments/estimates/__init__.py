"""Estimates from history: the age by which a share of such promises is done, or a refusal.

`survival` is the curve, `answer` what is read off it; `history` reads lives of promises, `store` keeps their curves,
`refresh` draws them anew; `promising` puts them beside what is being promised, `routes` answers who asks.
"""
