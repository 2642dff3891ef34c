"""The reasons why a request to a stranger's address has no answer. They hold nothing of the address.

NotFetched            with a reason that is fit for a log
+-- Forbidden         never to be asked
+-- TooBig            longer than the caller wants
+-- Failed            not at present: trying again later can help
"""


class NotFetched(Exception):
    pass


class Forbidden(NotFetched):
    pass


class TooBig(NotFetched):
    pass


class Failed(NotFetched):
    pass
