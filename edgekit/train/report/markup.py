"""HTML and SVG from nested calls; text is escaped unless it is markup already.

A child's id or a note may hold `<script>`: escaping is not left to whoever writes a table.
"""

from __future__ import annotations

import html


class Markup(str):
    """Text that is HTML and is taken as it is."""

    __slots__ = ()


def tag(name: str, *children: str, **attributes: str | float | None) -> Markup:
    """Return the element `name` around escaped `children`.

    Attributes that are None are left out; `class_` means class, other underscores mean hyphens.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{written}>{join(*children)}</{name}>")


def join(*children: str) -> Markup:
    """Concatenate, escaping whatever is not `Markup`."""
    return Markup(
        "".join(child if isinstance(child, Markup) else html.escape(child) for child in children)
    )
