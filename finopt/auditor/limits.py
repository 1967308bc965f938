"""Every check of the audit: flows against the books, and every limit of the inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from finopt.auditor.ledger import FEES, PAID, Ledger
from finopt.auditor.sheets import Record, Report, same
from finopt.auditor.terms import ACCOUNT, AHEAD, DEBT, PAYS_OUT, REVOLVING, Array, Terms
from finopt.tolerances import AUDIT_ROUNDING, AUDITED, LEAST_AUDITED, LEAST_SIZE

STATED = ("drawing", *PAID, "interest capitalised", "payout")
"""Flows by source and period on sheet Data; what is owed at the horizon stands beside them."""
PROVENANCE = ("note", "status", "reference")
KNOWN = {
    "Project": {
        "Name", "Currency", "Unit", "Start date", "Construction end", "End date", "Period", "Operating period",
        "Discount rate", "Price date", "Escalation", "Flow timing", "Year begins", "Opening cash", "Minimum cash",
        "Deposit rate", "Maximum cash",
    },
    "Parties": {"Party", "Total budget", "Minimum share", "Maximum share"},
    "Sources": {
        "Source", "Party", "Instrument", "Currency", "Limit", "Limit per year", "Limit per period", "From", "To",
        "Rate", "Curve", "Margin", "Opening balance", "Drawn before", "Upfront fee", "Commitment fee", "Guarantee fee",
        "Draw fee", "Interest in grace", "Grace", "Tenor", "Repayment", "Repaid by", "Signed", "Headroom", "Gate",
    },
    "Packages": {
        "Package", "Amount", "Location", "Group", "Start", "Finish", "Profile", "Contingency", "Escalation", "Timing",
    },
    "Rules": {
        "Rule", "Money from", "Spent on", "Sense", "Value", "Measure", "Of money from", "Of spent on", "When", "From",
        "To",
    },
    "Covenants": {"Name", "Covenant", "Limit", "Applies to", "From", "To"},
}  # fmt: skip
"""The columns that the audit checks, on the sheets whose columns are terms."""
FLOWS = ("draw", "commitment", "reserve change", "closing balance", "closing account", *STATED)


@dataclass(frozen=True)
class Finding:
    """One check: what was compared, how many figures, by how much the worst is off, and where that stands."""

    check: str
    figures: int
    difference: float
    met: bool
    place: str


class Checks:
    """Collects findings; a figure that is not a number meets nothing."""

    def __init__(self, report: Report, terms: Terms, books: Ledger) -> None:
        self.report, self.terms, self.books = report, terms, books
        self.rounding = AUDIT_ROUNDING * max(float(terms.cost.sum()), LEAST_SIZE)

    def finding(self, check: str, over: Array, size: Array | float, place: Callable[[int], str]) -> Finding:
        """``over`` is by how much each figure is beyond what it may be, ``size`` what that is measured against."""
        over = np.maximum(np.atleast_1d(np.asarray(over, dtype=float)).ravel(), 0.0)
        size = np.broadcast_to(np.asarray(size, dtype=float).ravel() if np.ndim(size) else size, over.shape)
        if not over.size:
            return Finding(check, 0, 0.0, True, "")
        beyond = over - AUDITED * np.abs(size) - self.rounding
        worst = int(np.argmax(np.where(np.isnan(beyond), np.inf, beyond)))
        met = bool(beyond[worst] <= 0)
        return Finding(check, over.size, float(over[worst]), met, "" if met else place(worst))

    def all(self) -> Iterator[Finding]:
        """Every check that the inputs ask for, in reading order."""
        yield from self._sheets()
        yield from self._flows()
        yield from self._packages()
        yield from self._sources()
        yield from self._debt()
        yield from self._parties()
        yield from self._rules()
        yield from self._account()
        yield from self._covenants()
        yield from self._cost()

    # ------------------------------------------------------------------ the report itself

    def _sheets(self) -> Iterator[Finding]:
        changed = self.report.stated_digest not in (None, self.report.digest)
        words = "a cell of sheet Inputs was changed after the run"
        yield self._words("inputs as the run read them", [0] if changed else [], lambda _: words)
        unread = list(self._unread())
        yield self._words("terms that this audit knows", range(len(unread)), unread.__getitem__)
        data = self.report.data
        unknown = [*self.books.strays, *data.loc[~data["flow"].isin(FLOWS), "row"].tolist()]
        yield self._words("flows of known sources, uses and periods", unknown, lambda i: f"Data, row {unknown[i]}")
        amounts = data.loc[data["flow"].isin(FLOWS[:3]) & data["amount"].isna(), "row"].tolist()
        yield self._words("every decision has a figure", amounts, lambda i: f"Data, row {amounts[i]}")
        ends, begins = [*self.terms.last], self.terms.first
        broken = [t for t in range(self.terms.T) if ends[t] < begins[t]]
        operating = [phase == "Operation" for _, _, phase in self.report.periods]
        broken += np.flatnonzero(np.array(operating) != self.terms.operating).tolist()
        yield self._words(
            "periods fill the horizon", broken, lambda i: f"Inputs, period {self.terms.labels[broken[i]]}"
        )

    def _unread(self) -> Iterator[str]:
        """Terms that are stated and that no check here speaks of: they cannot be vouched for."""
        for sheet, known in KNOWN.items():
            rows = self.report.rows(sheet)
            for title in dict.fromkeys(title for row in rows for title in row if title not in known):
                if any(row.get(title) not in (None, 0, "no") for row in rows) and same(title) not in PROVENANCE:
                    yield f"{sheet}: {title} is not checked by this audit"
        if any(same(row.get("Timing", "fixed")) != "fixed" for row in self.terms.packages):
            yield "Packages: Timing other than fixed is not checked by this audit"
        if self.report.rows("Actuals"):
            yield "Actuals is not checked by this audit"

    def _words(self, check: str, faults: Sequence[int], place: Callable[[int], str]) -> Finding:
        """A check of which every fault fails it, whatever its size."""
        return Finding(check, 1, float(len(faults)), not faults, place(0) if faults else "")

    # ------------------------------------------------------------------ flows against the books

    def _flows(self) -> Iterator[Finding]:
        for flow in STATED:
            if (self.report.data["flow"] == flow).any() or self.books.table[flow].any():
                yield self._flow(flow)
        yield self._closing()
        yield self._amounts()
        yield self._worded()
        yield self._valued()

    def _flow(self, flow: str) -> Finding:
        """What Data says of a flow against what the books say, by source and period."""
        terms, worked_out = self.terms, self.books.table[flow]
        stated, rows, unread = (
            np.zeros(worked_out.shape),
            dict[tuple[int, int], int](),
            np.zeros(worked_out.shape, dtype=bool),
        )
        for at, row in self._rows(flow):
            stated[at] += np.nan_to_num(row["amount in source currency"])
            unread[at] |= np.isnan(row["amount in source currency"])
            rows[at] = int(row["row"])
        over = np.where(unread, 0.0, np.abs(stated - worked_out) * terms.fx)
        size = np.maximum(np.abs(stated), np.abs(worked_out)) * terms.fx

        def place(i: int) -> str:
            s, t = np.unravel_index(i, worked_out.shape)
            at = (int(s), int(t))
            where = f"Data, row {rows[at]}" if at in rows else "Data, no row"
            words = f"shows {stated[at]:,.6g}, worked out {worked_out[at]:,.6g}"
            return f"{where}: {terms.names[at[0]]}, {terms.labels[at[1]]} {words}"

        return self.finding(f"{flow} as the terms say", over, size, place)

    def _rows(self, flow: str) -> Iterator[tuple[tuple[int, int], Record]]:
        names = {same(name): s for s, name in enumerate(self.terms.names)}
        periods = {label: t for t, label in enumerate(self.terms.labels)}
        for row in self.report.data[self.report.data["flow"] == flow].to_dict("records"):
            at = (names.get(same(row["source"]), -1), periods.get(row["period"], -1))
            if min(at) >= 0:
                yield at, row  # type: ignore[misc]

    def _closing(self) -> Finding:
        terms, owed = self.terms, (self.books.money("balance") + self.books.money("account"))[:, -1]
        stated, unread = np.zeros(terms.S), np.zeros(terms.S, dtype=bool)
        for flow in ("closing balance", "closing account"):
            for (s, _), row in self._rows(flow):
                stated[s] += np.nan_to_num(row["amount"])
                unread[s] |= np.isnan(row["amount"])
        over = np.where(unread, 0.0, np.abs(stated - owed))

        def place(s: int) -> str:
            return f"Data: {terms.names[s]} shows {stated[s]:,.6g}, worked out {owed[s]:,.6g}"

        return self.finding("what is owed at the horizon", over, owed, place)

    def _amounts(self) -> Finding:
        """The two amounts of a row are one at the exchange rate of its period."""
        over, size, rows = [], [], []
        for flow in FLOWS:
            for (s, t), row in self._rows(flow):
                amount, own = float(row["amount"]), float(row["amount in source currency"])
                rows.append(int(row["row"]))
                over.append(np.nan_to_num(abs(amount - own * self.terms.fx[s, t])))
                size.append(np.nan_to_num(abs(amount)))
        return self.finding("amounts at the exchange rate of their period", np.array(over), np.array(size),
                            lambda i: f"Data, row {rows[i]}")  # fmt: skip

    def _worded(self) -> Finding:
        """Party, instrument, location and year of each row are those that the inputs give to its source and period."""
        terms, faults = self.terms, list[int]()
        sources = {same(name): s for s, name in enumerate(terms.names)}
        years = dict(zip(terms.labels, terms.year_names, strict=True))
        places = {same(row["Package"]): str(row.get("Location", "")) for row in terms.packages}
        for row in self.report.data.to_dict("records"):
            s = sources.get(same(row["source"]))
            meant = {"location": places.get(same(row["package"]), ""), "year": years.get(row["period"])}
            if s is not None:
                meant |= {"party": terms.parties[terms.party[s]], "instrument": terms.text(s, "Instrument")}
            if any(same(row.get(k) or "") != same(v or "") for k, v in meant.items() if k in self.report.data):
                faults.append(int(row["row"]))
        return self._words(
            "party, instrument, location and year of each flow", faults, lambda i: f"Data, row {faults[i]}"
        )

    def _valued(self) -> Finding:
        """Discount factor and present value of each row that counts in the financing cost."""
        over, size, rows = [], [], []
        records: list[Record] = self.report.data.to_dict("records")  # type: ignore[assignment]
        for row in records:
            worth, stated = self._present_value(row), row.get("present value")
            if isinstance(stated, int | float) and not np.isnan(worth):
                over.append(abs(float(stated) - worth))
                size.append(abs(worth))
                rows.append(int(row["row"]))
        return self.finding("present value of each flow", np.array(over), np.array(size),
                            lambda i: f"Data, row {rows[i]}")  # fmt: skip

    def _present_value(self, row: Record) -> float:
        """What a row is worth at Start date: positive where funders take it out, negative where a draw pays a use."""
        terms, flow, amount = self.terms, row["flow"], float(row["amount"])
        t = terms.labels.index(row["period"]) if row["period"] in terms.labels else -1
        if flow == "draw" and same(row["source"]) != same(ACCOUNT):
            return -amount * float(terms.early[t])
        if flow in ("upfront fee", "draw fee"):
            return amount * float(terms.early[t])
        taken = flow in (*PAID, "payout", "closing balance", "closing account")
        return amount * float(terms.late[t]) if taken else 0.0

    # ------------------------------------------------------------------ packages

    def _packages(self) -> Iterator[Finding]:
        terms, draw = self.terms, self.books.draw
        paid = draw[:, : terms.financing].sum(axis=0)
        names = [terms.uses[w] for w in range(terms.financing)]

        def place(i: int) -> str:
            w, t = divmod(i, terms.T)
            return f"{names[w]}, {terms.labels[t]}: costs {terms.cost[w, t]:,.6g}, paid {paid[w, t]:,.6g}"

        yield self.finding("pay_package: every cost is paid", np.abs(paid - terms.cost), terms.cost, place)
        yield self.finding("no draw is negative", -draw, 0.0, lambda i: self._draw_at(i))
        yield self._shares()
        own = self.books.project_pays
        interest = sum((self.books.money(name) * own).sum(axis=0) for name in ("interest paid", *FEES))
        funded = draw[:, terms.financing].sum(axis=0)
        yield self.finding("financing_costs_cap", funded - interest, interest, self._in_period)
        yield from self._refinancing()

    def _draw_at(self, i: int) -> str:
        terms = self.terms
        s, u, t = np.unravel_index(i, self.books.draw.shape)
        return f"{[*terms.names, ACCOUNT][int(s)]}, {terms.uses[int(u)]}, {terms.labels[int(t)]}"

    def _in_period(self, t: int) -> str:
        return self.terms.labels[t]

    def _shares(self) -> Finding:
        """A source pays at most its share of a use."""
        terms, books = self.terms, self.books
        own = books.project_pays
        interest = sum(float((books.money(name) * own).sum()) for name in ("interest paid", *FEES))
        whole = np.array([*terms.cost.sum(axis=1), interest, float((books.money("principal") * own).sum())])
        spent = books.draw.sum(axis=2).T
        allowed = np.where(terms.eligible >= 1, np.inf, terms.eligible * whole.reshape(-1, 1))
        allowed = np.where(terms.eligible <= 0, 0.0, allowed)

        def place(i: int) -> str:
            u, s = divmod(i, terms.S + 1)
            words = f"pays {spent[u, s]:,.6g} of {whole[u]:,.6g}, may pay {terms.eligible[u, s]:.4g} of it"
            return f"Eligibility: {[*terms.names, ACCOUNT][s]} {words} ({terms.uses[u]})"

        return self.finding("eligible_share", spent - allowed, np.where(np.isinf(allowed), 0.0, allowed), place)

    def _refinancing(self) -> Iterator[Finding]:
        terms = self.terms
        repaid = self.books.money("principal") * self.books.project_pays
        drawn = self.books.draw[: terms.S, terms.refinancing]
        total = repaid.sum(axis=0)
        yield self.finding("refinancing_cap", drawn.sum(axis=0) - total, total, self._in_period)
        others = np.where(repaid > 0, drawn - (total - repaid), 0.0)
        yield self.finding("no debt refinances itself", others, total.max(initial=0.0), self._at)

    def _at(self, i: int) -> str:
        s, t = divmod(i, self.terms.T)
        return f"{self.terms.names[s]}, {self.terms.labels[t]}"

    # ------------------------------------------------------------------ sources

    def _sources(self) -> Iterator[Finding]:
        terms, books, table = self.terms, self.books, self.books.table
        fx, made = terms.fx[:, 0], books.commitment
        line = terms.kind(*REVOLVING)
        used = np.where(line, table["balance"].max(axis=1), table["drawn so far"][:, -1])
        used = used * (1 + terms.column("Headroom")[:, 0])
        limit = terms.column("Limit")[:, 0]

        def named(words: str, have: Array, may: Array) -> Callable[[int], str]:
            return lambda s: f"{terms.names[s]}: {words} {have[s]:,.6g}, {may[s]:,.6g} allowed"

        yield self.finding("commitment", (used - made) * fx, made * fx, named("needs a commitment of", used, made))
        yield self.finding("source_limit", (made - limit) * fx, limit * fx, named("commits", made, limit))
        signed = terms.column("Signed")[:, 0]
        yield self.finding("signed commitments hold", (signed - made) * fx, signed * fx, named("signed", signed, made))
        drawing = books.money("drawing")
        closed = np.where(terms.drawable, 0.0, np.abs(drawing))
        yield self.finding("window and gate: drawn only while open", closed, drawing, self._at)
        yield self._waiting()
        yield from self._ceilings()

    def _waiting(self) -> Finding:
        """Money that was raised pays uses, no more than there is, and none is left."""
        terms, waiting = self.terms, self.books.money("proceeds")
        short, left = np.maximum(0.0, -waiting), np.zeros_like(waiting)
        left[:, -1] = np.abs(waiting[:, -1])
        size = self.books.money("drawing").sum(axis=1, keepdims=True) + 0 * waiting
        ahead = terms.kind(*AHEAD).reshape(-1, 1)
        return self.finding("proceeds: spent only when raised", np.where(ahead, short + left, 0.0), size, self._at)

    def _ceilings(self) -> Iterator[Finding]:
        terms, drawing = self.terms, self.books.table["drawing"]
        for title, groups in (
            ("Limit per year", [np.flatnonzero(terms.years == year).tolist() for year in np.unique(terms.years)]),
            ("Limit per period", [[t] for t in range(terms.T)]),
        ):
            bound = [s for s in range(terms.S) if title in terms.sources[s]]
            over, size, where = [], [], []
            for s in bound:
                for periods in groups:
                    put_in = float(drawing[s, periods].sum())
                    over.append((put_in - terms.number(s, title)) * terms.fx[s, periods[0]])
                    size.append(terms.number(s, title) * terms.fx[s, periods[0]])
                    where.append(f"{terms.names[s]}, {terms.labels[periods[0]]}: {put_in:,.6g}")
            if bound:
                check = "source_year" if title.endswith("year") else "source_period"
                yield self.finding(check, np.array(over), np.array(size), where.__getitem__)

    # ------------------------------------------------------------------ debt

    def _debt(self) -> Iterator[Finding]:
        terms, books = self.terms, self.books
        if not terms.kind(*DEBT).any():
            return
        balance, principal = books.money("balance"), books.money("principal")
        size = balance.max(axis=1, initial=0.0, keepdims=True) + 0 * balance
        yield self.finding("balance: never below zero", -balance, size, self._at)
        yield self.finding("principal: never below zero", -principal, size, self._at)
        late, early = np.zeros_like(balance), np.zeros_like(balance)
        opening = np.hstack([terms.column("Opening balance") * terms.fx[:, :1], balance[:, :-1]])
        for s in np.flatnonzero(terms.kind(*DEBT)).tolist():
            end, due = terms.gone(s), terms.due(s)
            if end is not None:
                late[s, end:] = np.abs(balance[s, end:])
            outside = np.ones(terms.T, dtype=bool)
            outside[due] = False
            early[s] = np.where(outside, np.abs(principal[s]), 0.0)
            if terms.text(s, "Instrument") in REVOLVING:
                early[s] += np.maximum(0.0, principal[s] - opening[s] * terms.fx[s] / np.roll(terms.fx[s], 1))
        yield self.finding("maturity: nothing owed after the last repayment", late, size, self._at)
        yield self.finding("repayment: only when the profile allows it", early, size, self._at)

    # ------------------------------------------------------------------ parties and rules

    def _parties(self) -> Iterator[Finding]:
        terms, books = self.terms, self.books
        over, size, where = [], [], []
        for row in self.report.rows("Budgets"):
            p = [same(name) for name in terms.parties].index(same(row["Party"]))
            money = books.put_in(p)
            for label, periods, room in self._budgets(row):
                over.append(float(money[periods].sum()) - room)
                size.append(room)
                where.append(f"Budgets: {terms.parties[p]}, {label}: {money[periods].sum():,.6g} of {room:,.6g}")
        for p, row in enumerate(self.report.rows("Parties")):
            if "Total budget" in row:
                whole, room = float(books.put_in(p).sum()), float(row["Total budget"])
                over.append(whole - room)
                size.append(room)
                where.append(f"Parties: {terms.parties[p]} puts in {whole:,.6g} of {room:,.6g}")
        yield self.finding("party_budget", np.array(over), np.array(size), where.__getitem__)
        yield self._party_shares()

    def _budgets(self, row: Record) -> Iterator[tuple[str, list[int], float]]:
        """Each ceiling: its heading, the periods over which it holds, and its room, what was left over added."""
        terms = self.terms
        stated = [(label, terms.under(label), float(v)) for label, v in row.items()
                  if terms.span(label) is not None and isinstance(v, int | float)]  # fmt: skip
        stated = sorted((one for one in stated if one[1]), key=lambda one: one[1][0])
        spent, room = list[int](), 0.0
        for label, periods, amount in stated:
            if same(row.get("Carry over", "no")) == "yes":
                spent, room = spent + periods, room + amount
                yield label, spent, room
            else:
                yield label, periods, amount

    def _party_shares(self) -> Finding:
        terms, over, where = self.terms, list[float](), list[str]()
        drawn = self.books.draw[: terms.S].sum(axis=(1, 2))
        for p, row in enumerate(self.report.rows("Parties")):
            own = float(sum(drawn[s] for s in range(terms.S) if terms.party[s] == p))
            for title, sign in (("Minimum share", -1.0), ("Maximum share", 1.0)):
                if title in row:
                    over.append(sign * (own - float(row[title]) * float(drawn.sum())))
                    where.append(f"Parties: {terms.parties[p]}, {title}: has {own:,.6g} of {drawn.sum():,.6g}")
        return self.finding("party_share", np.array(over), float(drawn.sum()), where.__getitem__)

    def _rules(self) -> Iterator[Finding]:
        for rule in self.report.rows("Rules"):
            yield self._rule(rule)

    def _rule(self, rule: Record) -> Finding:
        sense, value = str(rule["Sense"]), float(rule["Value"])
        over, size, where = [], [], []
        for label, periods in self._windows(rule):
            have = self._counted(rule, "Money from", "Spent on", periods)
            of = self._counted(rule, "Of money from", "Of spent on", periods) if rule["Measure"] == "share" else 1.0
            gap = have - value * of
            over.append({"<=": gap, ">=": -gap, "=": abs(gap)}[sense])
            size.append(max(abs(have), abs(value * of)))
            where.append(f"Rules: {rule['Rule']}, {label}: {have:,.6g} {sense} {value * of:,.6g} does not hold")
        return self.finding(f"rule: {rule['Rule']}", np.array(over), np.array(size), where.__getitem__)

    def _counted(self, rule: Record, money: str, spent: str, periods: list[int]) -> float:
        sources = self.terms.chosen_sources(str(rule.get(money, "all")))
        uses = self.terms.chosen_uses(str(rule.get(spent, "all")))
        return float(self.books.draw[np.ix_(sources, uses, periods)].sum())

    def _windows(self, rule: Record) -> Iterator[tuple[str, list[int]]]:
        inside, when = self.terms.within(rule), rule.get("When", "total")
        years = self.terms.years
        if when == "total":
            yield "total", inside
        elif when == "year":
            for year in dict.fromkeys(int(years[t]) for t in inside):
                yield str(year), [t for t in inside if years[t] == year]
        else:
            for t in inside:
                yield self.terms.labels[t], [t] if when == "period" else [u for u in inside if u <= t]

    # ------------------------------------------------------------------ project account

    def _account(self) -> Iterator[Finding]:
        terms, cash = self.terms, self.books.cash
        size = float(np.abs(cash).max(initial=0.0))
        least = float(terms.project.get("Minimum cash", 0.0))
        yield self.finding("minimum_cash", least - cash, max(size, least), self._in_period)
        if "Maximum cash" in terms.project:
            most = float(terms.project["Maximum cash"])
            yield self.finding("maximum_cash", cash - most, max(size, most), self._in_period)
        held = self.books.money("account")
        if held.any():
            put_in = self.books.money("drawing").sum(axis=1, keepdims=True) + 0 * held
            yield self.finding("account: no more paid out than is owed", -held, put_in, self._at)
        paid = self.books.money("payout")
        forbidden = np.where(terms.kind(*PAYS_OUT).reshape(-1, 1), -paid, np.abs(paid))
        yield self.finding("payouts go to equity", forbidden, 0.0, self._at)
        yield self.finding("reserve: never below zero", -self.books.reserve, size, self._in_period)

    # ------------------------------------------------------------------ covenants

    def _covenants(self) -> Iterator[Finding]:
        kinds: dict[str, Callable[[Record, list[int]], tuple[Array, Array, list[str]]]] = {
            "DSCR": self._dscr, "LLCR": self._llcr, "gearing": self._gearing, "average life": self._life,
            "debt": self._debt_limit,
        }  # fmt: skip
        for row in self.report.rows("Covenants"):
            name = row.get("Name", f"{row['Covenant']} of {row.get('Applies to', 'all')}")
            if row["Covenant"] in kinds:
                over, size, where = kinds[row["Covenant"]](row, self._applies(row))
                yield self.finding(f"covenant: {name}", over, size,
                                   lambda i, where=where: f"Covenants: {where[i]}")  # type: ignore[misc]  # fmt: skip
        reserves = [row for row in self.report.rows("Covenants") if row["Covenant"] == "reserve months"]
        if reserves:
            yield self._reserve(reserves)

    def _applies(self, row: Record) -> list[int]:
        """Debt that a covenant speaks of: that which the project repays; average life and debt may name any."""
        named = str(row.get("Applies to", "all"))
        anyone = row["Covenant"] in ("average life", "debt") and same(named) != "all"
        debts = np.flatnonzero(self.terms.kind(*DEBT)).tolist()
        chosen = self.terms.chosen_sources(named)
        return [s for s in debts if s in chosen and (anyone or self.terms.payer[s] is None)]

    def _operating(self, row: Record) -> list[int]:
        return [t for t in self.terms.within(row) if self.terms.operating[t]]

    def _dscr(self, row: Record, debts: list[int]) -> tuple[Array, Array, list[str]]:
        when, limit = self._operating(row), float(row["Limit"])
        service = self.books.service[debts][:, when].sum(axis=0)
        cash = np.maximum(self.terms.cfads[when], 0.0)
        words = [f"{self.terms.labels[t]}: CFADS {c:,.6g}, service {x:,.6g}"
                 for t, c, x in zip(when, cash, service, strict=True)]  # fmt: skip
        return np.where(service > self.rounding, limit * service - cash, 0.0), limit * service, words

    def _llcr(self, row: Record, debts: list[int]) -> tuple[Array, Array, list[str]]:
        when, limit, balance = self._operating(row), float(row["Limit"]), self.books.money("balance")
        opening = np.hstack([np.zeros((self.terms.S, 1)), balance[:, :-1]])
        owed = opening[debts][:, when].sum(axis=0)
        worth = np.maximum(self._worth(debts)[when], 0.0)
        words = [f"{self.terms.labels[t]}: cash flow ahead is worth {w:,.6g}, debt {x:,.6g}"
                 for t, w, x in zip(when, worth, owed, strict=True)]  # fmt: skip
        return limit * owed - worth, limit * owed, words

    def _worth(self, debts: list[int]) -> Array:
        """Present value at the start of each period of CFADS until the last repayment, at the debts' own rates."""
        terms = self.terms
        if not debts:
            return np.zeros(terms.T)
        limits = np.array([terms.number(s, "Limit") * terms.fx[s, 0] for s in debts])
        weights = limits / limits.sum() if limits.sum() > 0 else np.full(len(debts), 1 / len(debts))
        rate = weights @ (terms.rate[debts] * terms.length)
        drawn = [s for s in debts if terms.drawable[s].any() or terms.number(s, "Opening balance")]
        ends = [terms.T - 1 if (end := terms.gone(s)) is None else end for s in drawn]
        worth, ahead = np.zeros(terms.T), 0.0
        for t in range(max(ends, default=-1), -1, -1):
            ahead = (ahead + terms.cfads[t]) / (1 + rate[t])
            worth[t] = ahead
        return worth

    def _gearing(self, row: Record, debts: list[int]) -> tuple[Array, Array, list[str]]:
        when, share = self.terms.within(row), float(row["Limit"])
        debt = self.books.money("balance")[debts][:, when].sum(axis=0)
        equity = ~self.terms.kind(*DEBT)
        before = float((self.terms.column("Drawn before") * self.terms.fx[:, :1])[equity].sum())
        own = before + np.cumsum(self.books.money("drawing")[equity].sum(axis=0))[when]
        words = [f"{self.terms.labels[t]}: debt {d:,.6g}, own money {o:,.6g}"
                 for t, d, o in zip(when, debt, own, strict=True)]  # fmt: skip
        return (1 - share) * debt - share * own, debt + own, words

    def _life(self, row: Record, debts: list[int]) -> tuple[Array, Array, list[str]]:
        when, limit = self.terms.within(row), float(row["Limit"])
        repaid = self.books.money("principal")[debts][:, when]
        years = self.terms.age[debts][:, when] / 12.0
        over = float((repaid * (years - limit)).sum())
        life = float((repaid * years).sum() / repaid.sum()) if repaid.sum() > self.rounding else 0.0
        return np.array([over]), np.array([limit * repaid.sum()]), [f"{life:.4f} years, {limit:g} allowed"]

    def _debt_limit(self, row: Record, debts: list[int]) -> tuple[Array, Array, list[str]]:
        when, limit = self.terms.within(row), float(row["Limit"])
        debt = self.books.money("balance")[debts][:, when].sum(axis=0)
        words = [f"{self.terms.labels[t]}: debt {d:,.6g}" for t, d in zip(when, debt, strict=True)]
        return debt - limit, np.full(len(when), limit), words

    def _reserve(self, rows: Sequence[Record]) -> Finding:
        """The reserve holds what all reserve covenants ask for together."""
        terms, needed = self.terms, np.zeros(self.terms.T)
        for row in rows:
            debts, ahead = self._applies(row), float(row["Limit"])
            service = (self.books.service * self.books.project_pays)[debts].sum(axis=0)
            for t in self._operating(row):
                needed[t] += sum(
                    service[u] * min(1.0, max(0.0, (terms.ends[t] + ahead - terms.ends[u] + terms.months[u])
                                              / terms.months[u]))
                    for u in range(t + 1, terms.T)
                )  # fmt: skip
        held = self.books.reserve
        return self.finding(
            "covenant: reserve months", needed - held, needed,
            lambda t: f"Covenants: {terms.labels[t]}: holds {held[t]:,.6g}, needs {needed[t]:,.6g}",
        )  # fmt: skip

    # ------------------------------------------------------------------ the cost

    def _cost(self) -> Iterator[Finding]:
        cost = self.books.financing_cost
        stated = {place: value for place, value in self.report.costs.items() if value is not None}
        if not stated:
            yield Finding("financing cost", 0, float("nan"), False, "the report shows no financing cost")
            return
        places = list(stated)
        over = np.array([abs(stated[place] - cost) for place in places])
        yield self.finding("financing cost", over, max(abs(cost), self.rounding / AUDIT_ROUNDING * LEAST_AUDITED),
                           lambda i: f"{places[i]} shows {stated[places[i]]:,.6f}, worked out {cost:,.6f}")  # fmt: skip
