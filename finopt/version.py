"""The version of finopt: stated here and nowhere else."""

from __future__ import annotations

__version__ = "0.1.0"
"""pyproject.toml, `finopt --version`, reports and JSON all read this line (PEP 440)."""
