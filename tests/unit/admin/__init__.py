"""Tests of `sagews/admin`."""
