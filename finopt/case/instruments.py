"""THE table of instruments: what each kind of money is asked about by the reader, the model and the report.

No other module knows an instrument by its name: it asks for a trait. So a new instrument costs one line here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True)
class Traits:
    """What is particular to an instrument.

    ``spoken``    the instrument with its article, for messages
    ``debt``      it is owed and repaid with interest; what is no debt earns its return in an account instead
    ``scheduled`` it has a Grace, a Tenor and a Repayment; its interest may be added to the balance in grace
    ``revolving`` it is repaid and drawn again at will: its commitment holds the balance, not the sum of draws
    ``ahead``     it is raised before it pays, and waits in a proceeds account
    ``pays_out``  its account is paid from the project's cash
    ``priced``    it must state a Rate or a Curve
    """

    spoken: str
    debt: bool = False
    scheduled: bool = False
    revolving: bool = False
    ahead: bool = False
    pays_out: bool = False
    priced: bool = True

    def __post_init__(self) -> None:
        if (self.scheduled or self.revolving) and not self.debt:
            raise ValueError(f"{self.spoken}: only debt is scheduled or revolving")
        if self.revolving and (self.scheduled or self.ahead):
            raise ValueError(f"{self.spoken}: what revolves is neither scheduled nor raised ahead")
        if self.pays_out and self.debt:
            raise ValueError(f"{self.spoken}: debt is repaid, it is not paid out")

    @property
    def rate(self) -> str:
        """What its Rate is, for messages."""
        return "an interest rate p.a." if self.debt else "a target return p.a."


INSTRUMENTS: Mapping[str, Traits] = MappingProxyType(
    {
        "grant": Traits(spoken="a grant", priced=False),
        "equity": Traits(spoken="equity", pays_out=True),
        "loan": Traits(spoken="a loan", debt=True, scheduled=True),
        "bond": Traits(spoken="a bond", debt=True, scheduled=True, ahead=True),
        "credit line": Traits(spoken="a credit line", debt=True, revolving=True),
    }
)


def traits_of(instrument: str) -> Traits:
    """The traits of an instrument. Raises KeyError for a name that the table does not hold."""
    return INSTRUMENTS[instrument]


def instrument_names() -> tuple[str, ...]:
    """The names of all instruments, as a cell of Sources may state them."""
    return tuple(INSTRUMENTS)
