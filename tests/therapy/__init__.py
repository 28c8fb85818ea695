"""Therapy: clients book therapists for credits."""
