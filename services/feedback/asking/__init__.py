"""Surveys: asked, answered, and closed for want of an answer."""
