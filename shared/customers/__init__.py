"""The copy of intake's customers that each service keeps: what it needs to know of them, and who is the same person.

`model` folds intake's events and finds families; it is pure. `copy` stores what was folded in the table that a service
has for it, with the columns that it needs, and says how to find families there.
"""

from shared.customers.copy import CustomerCopy, family, person
from shared.customers.model import CUSTOMER_EVENTS, Changes, CustomerEvent, Families

__all__ = ["CUSTOMER_EVENTS", "Changes", "CustomerCopy", "CustomerEvent", "Families", "family", "person"]
