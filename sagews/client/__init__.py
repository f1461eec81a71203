"""The typed Python client of a sagews site, which `sagews run` and `sagews console` use."""
