"""Practitioners who treat each other for credits."""
