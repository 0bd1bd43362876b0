"""The SQL of every store, in what SQLite and PostgreSQL have in common; parameters are named.

A row says which node it belongs to by `:service` and `:name`: looking the key up within the
statement costs a microsecond, and there is no second truth about keys to keep right. What reads of
one node alone has its key as `:node`, which NODE or NODE_KEY gave.
"""

from folkmoot.stores.statements import (
    abroad,
    accounts,
    archives,
    items,
    lists,
    nodes,
    numbers,
    people,
    spaces,
)

__all__ = [
    "abroad",
    "accounts",
    "archives",
    "items",
    "lists",
    "nodes",
    "numbers",
    "people",
    "spaces",
]
