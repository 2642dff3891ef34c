"""Promising: the making, changing and approving of promises over HTTP."""
