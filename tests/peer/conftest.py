"""Everything here plays in the exchange."""

from credits.fixtures import superuser
from gusmester.fixtures import refuses

from peer.fixtures import every_invariant_holds, exchange, exchange_as

__all__ = ["every_invariant_holds", "exchange", "exchange_as", "refuses", "superuser"]
