"""Render the Summary sheet of a report as the picture that opens the README.

Run as ``python docs/render_summary.py reports/bering_tunnel.xlsx reports/summary.png``. Needs LibreOffice and poppler.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

PAGE = 2
"""The Summary is one printed page, after the Cover."""
RESOLUTION = 110


def render(report: Path, picture: Path) -> None:
    """Print one page of a report to a PDF, and the PDF to a picture."""
    with tempfile.TemporaryDirectory() as folder:
        profile = f"-env:UserInstallation={Path(folder, 'profile').as_uri()}"
        export = f'pdf:calc_pdf_Export:{{"PageRange":{{"type":"string","value":"{PAGE}"}}}}'
        office = ["soffice", profile, "--headless", "--convert-to", export, "--outdir", folder, str(report)]
        subprocess.run(office, check=True, capture_output=True)
        pdf = Path(folder) / report.with_suffix(".pdf").name
        poppler = ["pdftoppm", "-png", "-singlefile", "-r", str(RESOLUTION), str(pdf), str(picture.with_suffix(""))]
        subprocess.run(poppler, check=True)


if __name__ == "__main__":
    render(Path(sys.argv[1]), Path(sys.argv[2]))
