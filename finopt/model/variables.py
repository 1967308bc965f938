"""The variables of the program, made once, and only where a flow is possible.

Draws are in case money; everything that belongs to a source's account is in the source's own currency.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

import numpy as np

from finopt.case.arrays import Data, Mask, same_value
from finopt.literal import lp_words

Variable = Any
"""A pulp.LpVariable; PuLP 3 carries no types."""
Pairs = list[tuple[Variable, float]]
GROUPS = (
    "issue", "proceeds", "balance", "interest", "principal", "fees", "line_fee", "drawn", "account", "payout",
)  # fmt: skip
"""Groups of variables by source and period, in the order in which they are made."""


class Variables:
    """Every variable, by index: s source (the Project account is ``account_source``), u use, t period, c covenant.

    ``draw[s, u, t]``  money of s that pays u in t          ``commit[s]``      commitment
    ``spent[s, u]``    draws of s for u over all periods    ``issue[s, t]``    bond issue
    ``proceeds[s, t]`` bond money not yet drawn             ``balance[s, t]``  debt outstanding at the end of t
    ``interest[s, t]`` interest accrued in t                ``principal[s, t]`` repaid in t
    ``line_fee[s, t]`` commitment fee of a credit line
    ``fees[s, t]``     fees of t                            ``drawn[s, t]``    drawn so far, at the end of t
    ``account[s, t]``  account of equity or grant           ``payout[s, t]``   paid out to equity in t
    ``cash[t]``        project account                      ``reserve[c, t]``  debt service reserve of covenant c
    ``put_in[t]``      equity and grants put in so far      ``peak[i]``        peak of objective i
    ``unfunded[w, t]`` cost that no money pays; only in a model that is asked how much is missing
    """

    def __init__(self, problem: Any, data: Data, unfunded: bool = False) -> None:
        self.data = data
        self._problem = problem
        self._tag = _Tags(data)
        self.account_source = len(data.case.sources)
        self.where = where(data)
        self.draw: dict[tuple[int, int, int], Variable] = {}
        self.spent: dict[tuple[int, int], Variable] = {}
        self.by_use: dict[tuple[int, int], list[tuple[int, Variable]]] = defaultdict(list)
        self.by_source: dict[tuple[int, int], list[tuple[int, Variable]]] = defaultdict(list)
        self.commit = [self._new(f"commit({tag})") for tag in self._tag.source[:-1]]
        (
            self.issue, self.proceeds, self.balance, self.interest, self.principal, self.fees, self.line_fee,
            self.drawn, self.account, self.payout,
        ) = map(self._family, GROUPS)  # fmt: skip
        self._make_cash()
        self._make_draws()
        missing = self._keys("unfunded") if unfunded else []
        self.unfunded = {(w, t): self._new(f"unfunded({self._tag.use[w]},{self._tag.period[t]})") for w, t in missing}

    def over(self, data: Data) -> Variables:
        """The same variables read with other arrays of the same structure."""
        moved = copy.copy(self)
        moved.data = data
        return moved

    def named(self) -> Iterator[tuple[Variable, str, tuple[int, ...]]]:
        """Every variable of a plan with the name of its group and its index."""
        for group in (*GROUPS, "draw", "spent", "reserve", "peak"):
            for key, x in getattr(self, group).items():
                yield x, group, key if isinstance(key, tuple) else (key,)
        for group in ("commit", "cash", "put_in"):
            yield from ((x, group, (i,)) for i, x in enumerate(getattr(self, group)))

    # ------------------------------------------------------------------ sums that families share

    def funding(self, s: int, t: int) -> Pairs:
        """Money that source s puts in during t, in its own currency: its draws, or a bond's issue."""
        if (s, t) in self.issue:
            return [(self.issue[s, t], 1.0)]
        if self.data.ahead[s]:
            return []
        fx = float(self.data.fx[s, t])
        return [(x, 1 / fx) for _, x in self.by_source.get((s, t), ())]

    def funding_in_case_money(self, s: int, t: int) -> Pairs:
        """Money that source s puts in during t, in case money."""
        return scaled(self.funding(s, t), float(self.data.fx[s, t]))

    def service(self, s: int, t: int) -> Pairs:
        """Interest paid, fees and principal of source s in t, in its own currency."""
        return self.paid_interest(s, t) + self.fee(s, t) + self.repaid(s, t)

    def service_in_case_money(self, s: int, t: int) -> Pairs:
        """Interest paid, fees and principal of source s in t, in case money."""
        return scaled(self.service(s, t), float(self.data.fx[s, t]))

    def paid_interest(self, s: int, t: int) -> Pairs:
        """Interest of source s that is paid in t, not added to the balance."""
        return [] if self.data.capitalised[s, t] else one(self.interest, s, t)

    def fee(self, s: int, t: int) -> Pairs:
        """Fees of source s in t."""
        return one(self.fees, s, t)

    def repaid(self, s: int, t: int) -> Pairs:
        """Principal of source s repaid in t."""
        return one(self.principal, s, t)

    def paid_by(self, s: int) -> Pairs:
        """All money that source s pays, for every use and in all periods."""
        return [(x, 1.0) for (source, _), x in self.spent.items() if source == s]

    def chosen(self, sources: Iterable[int], uses: Sequence[int], periods: Iterable[int]) -> Pairs:
        """Draws of these sources for these uses in these periods."""
        wanted = set(uses)
        everything = len(wanted) == len(self.data.uses)
        return [
            (x, 1.0)
            for s in sources
            for t in periods
            for u, x in self.by_source.get((s, t), ())
            if everything or u in wanted
        ]

    # ------------------------------------------------------------------ making

    def _new(self, name: str) -> Variable:
        return self._problem.add_variable(name, 0.0)

    def _keys(self, name: str) -> Any:
        return np.argwhere(self.where[name]).tolist()

    def _family(self, name: str) -> dict[tuple[int, int], Variable]:
        tags = self._tag
        return {(s, t): self._new(f"{name}({tags.source[s]},{tags.period[t]})") for s, t in self._keys(name)}

    def _make_cash(self) -> None:
        tags = self._tag.period
        self.cash = [self._new(f"cash({tags[t]})") for (t,) in self._keys("cash")]
        self.reserve = {(c, t): self._new(f"reserve({c},{tags[t]})") for c, t in self._keys("reserve")}
        self.put_in = [self._new(f"put_in({tags[t]})") for (t,) in self._keys("put_in")]
        self.peak = {i: self._new(f"peak({i})") for (i,) in self._keys("peak")}

    def _make_draws(self) -> None:
        periods: dict[tuple[int, int], list[int]] = defaultdict(list)
        for s, u, t in self._keys("draw"):
            periods[s, u].append(t)
        for (s, u), when in periods.items():
            self.spent[s, u] = self._new(f"spent({self._tag.source[s]},{self._tag.use[u]})")
            self._make_draw(s, u, when)

    def _make_draw(self, s: int, u: int, periods: list[int]) -> None:
        stem = f"draw({self._tag.source[s]},{self._tag.use[u]},"
        for t in periods:
            x = self._new(f"{stem}{self._tag.period[t]})")
            self.draw[s, u, t] = x
            self.by_use[u, t].append((s, x))
            self.by_source[s, t].append((u, x))


# ------------------------------------------------------------------ where there are variables

NAMES = (
    "Sources.source", "Sources.party", "Sources.instrument", "Sources.currency", "Packages.package",
    "Packages.location", "Packages.group", "Parties.party", "Project.currency",
)  # fmt: skip
"""Columns that name what variables belong to, and by which selectors choose."""
PATTERN = (
    "calendar",
    "uses",
    "financing_use",
    "refinancing_use",
    "is_debt",
    "revolving",
    "ahead",
    "pays_out",
    "party",
    *NAMES,
)
"""What no change of numbers touches: families need not say that they read it."""


FEES = tuple(f"Sources.{fee}" for fee in ("upfront_fee", "commitment_fee", "guarantee_fee", "draw_fee"))
"""The fees of a source."""
WHERE_USES = (
    "drawable", "open", "alive", "repays", "upfront_in", "has_cost", "has_cash", "eligible", "repaid_by",
    "Covenants.covenant", "Objectives", *FEES,
)  # fmt: skip
"""What the table of variables reads, as families say it."""


def where(data: Data) -> dict[str, Mask]:
    """THE table of variables: where each group has one, as a mask over its indices.

    Shapes: (S, T) by source and period, but (S + 1, U, T) for draws, (C, T) for reserves by covenant, (W, T) for costs
    that no money pays, (T,) for the project account and put_in, one entry an aim for peaks.
    """
    ahead, revolving = column(data.ahead), column(data.revolving)
    charged = column([s.commitment_fee > 0 for s in data.case.sources])
    everywhere = np.ones(len(data.calendar), dtype=bool)
    begun = np.maximum.accumulate(data.drawable, axis=1)
    after = begun & ahead
    after[:, -1] = False  # no proceeds at the horizon: what is issued is drawn by then
    kinds = [c.covenant for c in data.case.covenants]
    accounts = begun & ~column(data.is_debt)
    groups = {
        "issue": data.drawable & ahead,
        "proceeds": after,
        "balance": data.alive,
        "interest": data.alive,
        "principal": data.alive & data.repays,
        "fees": fee_periods(data),
        "line_fee": data.open & charged & revolving,
        "drawn": data.open & charged & ~revolving,
        "account": accounts,
        "payout": accounts & column(data.pays_out) & data.has_cash,
        "cash": everywhere,
        "reserve": column([kind == "reserve months" for kind in kinds]) & everywhere,
        "put_in": everywhere & ("gearing" in kinds),
        "peak": np.array([aim.measure in ("peak year", "peak debt") for aim in data.case.objectives], dtype=bool),
        "unfunded": data.has_cost,
    }
    return groups | {"draw": _draws(data, groups, ahead)}


def _draws(data: Data, groups: Mapping[str, Mask], ahead: Mask) -> Mask:
    """Draws: where a source can pay, a use can cost money, and the one may pay the other; (S + 1, U, T).

    The project account pays packages here; what it pays of financing costs and principal is in `cash`.
    """
    own = column([payer is None for payer in data.repaid_by])
    payable = np.zeros((len(data.uses), len(data.calendar)), dtype=bool)
    payable[: data.financing_use] = data.has_cost
    payable[data.financing_use] = ((groups["interest"] | groups["fees"]) & own).any(axis=0)
    payable[data.refinancing_use] = (groups["principal"] & own).any(axis=0)
    able = np.vstack([np.where(ahead, np.maximum.accumulate(data.drawable, axis=1), data.drawable), data.has_cash])
    may = data.eligible.T > 0
    may[-1, data.financing_use :] = False
    return np.asarray(may[:, :, None] & able[:, None, :] & payable[None, :, :])


def same_pattern(v: Variables, data: Data, changed: Set[str]) -> bool:
    """Whether a program over data in which these values changed has the same variables, names, and order of ties."""
    if not changed.isdisjoint((*PATTERN, "offered")):  # a source that offers nothing has no place in the ties
        return False
    if changed.isdisjoint(WHERE_USES):
        return True
    new = where(data)
    return all(same_value(mask, new[name]) for name, mask in v.where.items())


def column(flags: Any) -> Mask:
    """Flags as a column, to be combined with a table over periods; (N, 1)."""
    return np.array(flags, dtype=bool).reshape(-1, 1)


def fee_periods(data: Data) -> Any:
    """Whether a source can owe a fee in a period; (S, T)."""
    table = np.zeros(data.open.shape, dtype=bool)
    for s, row in enumerate(data.case.sources):
        first = data.upfront_in[s]
        if row.upfront_fee and first is not None:
            table[s, first] = True
        if row.commitment_fee:
            table[s] |= data.open[s]
        if row.guarantee_fee:
            table[s] |= data.alive[s]
        if row.draw_fee:
            table[s] |= data.drawable[s]
    return table


def one(variables: dict[tuple[int, int], Variable], s: int, t: int) -> Pairs:
    """The variable at (s, t) with coefficient 1, or nothing where there is none."""
    x = variables.get((s, t))
    return [] if x is None else [(x, 1.0)]


def scaled(pairs: Pairs, factor: float) -> Pairs:
    """The pairs with every coefficient multiplied."""
    return [(x, factor * a) for x, a in pairs]


class _Tags:
    """Plain, distinct words for names of variables."""

    def __init__(self, data: Data) -> None:
        self.source = lp_words([*(s.source for s in data.case.sources), "Project account"])
        self.use = lp_words(list(data.uses))
        self.period = lp_words(list(data.calendar.labels))
