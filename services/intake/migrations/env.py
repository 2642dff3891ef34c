"""Alembic runs this file anew each time, so it must not be content with a module imported before."""

from runpy import run_module

run_module("shared.migrations.env")
