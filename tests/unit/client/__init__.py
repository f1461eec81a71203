"""Tests of `sagews/client`."""
