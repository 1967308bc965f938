"""Write ``inputs/comparison.xlsx``: the money, lengths and weights with which the worked cases are compared.

Run as ``python -m inputs.make_comparison``, or ``python -m inputs`` for every workbook.
"""

from __future__ import annotations

from pathlib import Path

from finopt.case.comparison_terms import BASIS_SHEETS
from finopt.workbook.writer import write_workbook
from inputs.common import ASSUMED, REPORTED, Rows, because

KNOWN = "general knowledge, no document cited"

NOTES = (
    "What this is. The terms on which finopt compare sets the worked cases side by side. It is not a case: give it to "
    "finopt compare together with the cases, as in finopt compare inputs/*.xlsx.",
    "Money. An amount goes from its own currency into US dollars at the average rate of its price year, then to money "
    "of 2026 by US consumer prices. A figure that a conversion takes and that is not here stops the comparison.",
    "A caution. Consumer prices make USD 300 million of 1905 some 11 billion of 2026; wages rose several times "
    "faster, and building is mostly wages. A case of 1905 looks cheaper here than it would be today.",
    "Criteria. A value at Best scores 1, at Worst 0. The weights are opinions: change them and the order may change. "
    "A criterion for which a case has no figure is left out of its score.",
    "Financing costs are each at its own workbook's discount rate, between 4.5% and 8.5%. They compare like with like "
    "within a case, and only roughly between cases.",
)


def terms() -> Rows:
    """The common money, and how each case is looked at."""
    items = (
        ("Currency", "USD", ASSUMED, "The currency of most cases"),
        ("Price year", 2026, ASSUMED, "The year in which the cases were drawn up"),
        (
            "Debt rate",
            0.06,
            ASSUMED,
            "Between public loans at 4-5% and commercial ones at 7-9%",
        ),
        (
            "Cover",
            1.3,
            ASSUMED,
            "Where a case has no DSCR covenant; 1.15-2.0 by kind of risk (FHWA, 2013)",
        ),
        ("Samples", 100, ASSUMED, "A probability within some five points"),
        ("Seed", 1, ASSUMED, "The same samples every time"),
    )
    return [{"Item": item, "Value": value, **because(status, why)} for item, value, status, why in items]


def prices() -> Rows:
    """US consumer prices."""
    levels = {1905: 9.0, 1968: 34.8, 2007: 207.3, 2016: 240.0, 2026: 330.0}
    why = f"US consumer prices, 1982-84 = 100: {KNOWN}; 1905 and 2026 are estimates"
    return [{"Currency": "USD", **levels, **because(ASSUMED, why)}]


def rates() -> Rows:
    """Exchange rates of the price years."""
    return [{"Currency": "RUB", 2016: 0.0149, **because(ASSUMED, f"Average of 2016, 67 roubles a dollar: {KNOWN}")}]


def links() -> Rows:
    """What each case builds."""
    lengths = (
        ("Bering Strait tunnel", 112, "70 miles (TASS, 17 Oct 2025)"),
        ("Bering tunnel, traditional means", 112, "70 miles (TASS, 17 Oct 2025)"),
        (
            "Bering tunnel with approaches",
            6112,
            "4,000 and 2,000 km (Razbegin, RIA, Nov 2025) and the tunnel",
        ),
        ("US-Canada-Russia-China railroad", 13000, "Beijing Times, May 2014"),
        ("World Link of 2007", 6000, "Bloomberg (Rigzone), 19 Apr 2007"),
        (
            "Siberia-Alaska railway of 1904",
            7900,
            "3,700 miles in Russia (Taranaki Daily News, 1906); 1,200 beyond are assumed",
        ),
        ("World Peace Bridge", 80, "T. Y. Lin, 1968 (wikisum.wiki)"),
        ("Amur rail bridge, Russian part", 5.27, "309 m of spans and 4.96 km of approach (metalinfo.ru, Apr 2022)"),
    )
    return [{"Case": case, "Length": length, **because(REPORTED, why)} for case, length, why in lengths]


def criteria() -> Rows:
    """What counts."""
    stated = (
        ("probability of being funded", 0.3, 1, 0, "A plan that holds only as drawn is no plan"),
        ("gap if tolls carry it", 0.2, 0, 1, "Money that users bring needs no treasury"),
        ("financing cost", 0.15, 0, 0.3, "Present value per unit of money drawn"),
        ("margin", 0.15, 0.5, 0, "Bridges and tunnels overran by 34% on average (Flyvbjerg 2009)"),
        ("peak against means", 0.1, 0.5, 1, "A party at its ceiling has nothing left for a bad year"),
        ("cost per km", 0.1, 5, 600, "USD m a km: Arctic single track 4-9, the 65 billion tunnel 580 (computed)"),
    )
    return [
        {"Criterion": name, "Weight": weight, "Best": best, "Worst": worst, **because(ASSUMED, why)}
        for name, weight, best, worst, why in stated
    ]


def tables() -> dict[str, Rows]:
    """The whole workbook."""
    return {
        "Comparison": terms(),
        "Price index": prices(),
        "Exchange rates": rates(),
        "Links": links(),
        "Criteria": criteria(),
    }


def write(path: Path) -> None:
    """Write the workbook."""
    titles = {name: (f"Comparison - {name}", model.ABOUT) for name, model in BASIS_SHEETS.items()}
    write_workbook(path, tables(), title_rows=titles, notes=NOTES, models=BASIS_SHEETS)


if __name__ == "__main__":
    write(Path(__file__).with_name("comparison.xlsx"))
