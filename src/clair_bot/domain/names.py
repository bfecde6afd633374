"""Names of people and places, as they are compared."""

import unicodedata


def folded_name(name: str) -> str:
    """Return a name in one width and case, without blanks and without the ``@`` or 「さん」 that people put around it."""
    text = "".join(unicodedata.normalize("NFKC", name).casefold().split())
    return text.removeprefix("@").removesuffix("さん")
