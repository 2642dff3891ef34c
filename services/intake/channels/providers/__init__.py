"""Providers, one small module each. A module that holds a `PROVIDER` is one; `registry` finds it by its name."""
