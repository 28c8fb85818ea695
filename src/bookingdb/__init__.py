"""Bookings and credits that can't go wrong: every rule is a PL/pgSQL function, called from here."""

from importlib.metadata import version

__version__ = version("bookingdb")
