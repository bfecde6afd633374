"""Sealing: texts of confidential tickets do not travel over a channel whose operator would keep them."""

from datetime import timedelta
from typing import Final

OUTSIDE: Final = frozenset({"line"})
"""Channels on whose servers the text of a confidential ticket must not lie: a notice with a one-time code goes there instead."""
CODE_DIGITS: Final = 8
WRONG_CODES: Final = 5
"""After so many wrong codes a text stays closed."""
KEPT: Final = timedelta(days=7)
"""How long a sealed text can be read."""
