"""What the names that a loss may call mean in rows of the operation table.

signature       a lowering: its parameters, and how a call is matched with them
values          what an argument is: a value of the graph, a size, a plain value
expression      values with operators, which lowerings are written with
promotion       element types as Keras promotes them
activations, functions, reductions, crossentropy, products
                functions that are no rows
forms, creation, indexing
                axes that come and go, values made from sizes, what stands in brackets
refused         what Keras has and a loss cannot, each name with its reason
"""

from __future__ import annotations

from collections.abc import Mapping

from alphaloss.losses.lowering.activations import ACTIVATIONS
from alphaloss.losses.lowering.creation import CREATION
from alphaloss.losses.lowering.crossentropy import CROSSENTROPIES
from alphaloss.losses.lowering.forms import FORMS
from alphaloss.losses.lowering.functions import FUNCTIONS
from alphaloss.losses.lowering.indexing import INDEXING
from alphaloss.losses.lowering.products import PRODUCTS
from alphaloss.losses.lowering.reductions import REDUCTIONS
from alphaloss.losses.lowering.signature import Lowering
from alphaloss.losses.operations import ALIASES, OPERATIONS

_OURS = ("constant", "class_count", "class_index", "index", "slice", "top_k_indices")
"""Rows that no author calls by name."""

_GROUPS = (ACTIVATIONS, FUNCTIONS, REDUCTIONS, CROSSENTROPIES, PRODUCTS, FORMS, CREATION, INDEXING)

LOWERINGS: Mapping[str, Lowering] = {
    **{name: Lowering.of_row(row) for name, row in OPERATIONS.items() if name not in _OURS},
    **{alias: Lowering.of_row(OPERATIONS[name]) for alias, name in ALIASES.items()},
    **{name: Lowering.of_function(name, function) for group in _GROUPS for name, function in group.items()},
}
"""Every name that a loss may call."""
