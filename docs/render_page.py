"""Render one page of a report as a picture, as README shows them.

Run as ``python docs/render_page.py reports/bering_tunnel.xlsx 2 reports/summary.png`` for the Summary, which is one
printed page after the Cover, and with ``reports/comparison.xlsx 1 reports/comparison.png`` for the Ranking. Needs
LibreOffice and poppler.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

WIDTH = 1290
"""Pixels across the picture."""


def render(report: Path, page: int, picture: Path) -> None:
    """Print one page of a report to a PDF, and the PDF to a picture."""
    with tempfile.TemporaryDirectory() as folder:
        profile = f"-env:UserInstallation={Path(folder, 'profile').as_uri()}"
        export = f'pdf:calc_pdf_Export:{{"PageRange":{{"type":"string","value":"{page}"}}}}'
        office = ["soffice", profile, "--headless", "--convert-to", export, "--outdir", folder, str(report)]
        subprocess.run(office, check=True, capture_output=True)
        pdf = Path(folder) / report.with_suffix(".pdf").name
        scale = ["-scale-to-x", str(WIDTH), "-scale-to-y", "-1"]
        subprocess.run(["pdftoppm", "-png", "-singlefile", *scale, str(pdf), str(picture.with_suffix(""))], check=True)


if __name__ == "__main__":
    render(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
