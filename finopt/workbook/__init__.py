"""From a workbook to a Case."""

from __future__ import annotations
