"""Finds a better loss function for a training task, and proves that it is better."""

from pathlib import Path as _Path

# In the source tree `sandbox`, `prompts` and `evaluators` lie beside this folder, in an installed package inside it.
if not (_Path(__file__).parent / "sandbox").is_dir():
    __path__.append(str(_Path(__file__).parent.parent))
