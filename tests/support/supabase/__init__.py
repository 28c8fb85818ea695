"""A Supabase project on this machine, of real parts where they can be had.

Real are PostgreSQL, Supabase's command line, supabase-js and the Python client. What stands in for the rest: the roles,
grants and schemas of a project are made by tests/supabase/sql from Supabase's documentation and the source of its
database image; PostgREST and Auth are @supabase/lite in tests/supabase/npm/api.mjs, corrected where it differs.
"""

from support.supabase.clients import PASSWORD, PUBLISHABLE_KEY, Answer, Clients, Visitor
from support.supabase.node import NPM, installed, node
from support.supabase.platform import Platform, Project, supabase_platform

__all__ = [
    "NPM",
    "PASSWORD",
    "PUBLISHABLE_KEY",
    "Answer",
    "Clients",
    "Platform",
    "Project",
    "Visitor",
    "installed",
    "node",
    "supabase_platform",
]
