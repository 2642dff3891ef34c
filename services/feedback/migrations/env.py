"""Alembic runs this file for every upgrade; the shared environment must run each time, not be imported once."""

import runpy

runpy.run_module("shared.migrations.env")
