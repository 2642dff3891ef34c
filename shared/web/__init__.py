"""The frame of every page: one screen, one layout, one style, live streams, and what a page loads."""
