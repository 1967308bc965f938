"""Excel workbooks as input: container, cells, reader, template."""

from __future__ import annotations
