"""The one configuration file of a site, `sagews.toml`: its settings and how it is read.

Each table of the file is a module here. The text under a setting is its
documentation, from which the reference page is made.
"""
