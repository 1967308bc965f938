"""The whole program on one screen: every family of constraints, in reading order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from finopt.case.arrays import Data
from finopt.case.case import Case
from finopt.model.cash import Cash, MaximumCash, MinimumCash
from finopt.model.covenants import AverageLife, DebtLimit, Dscr, Gearing, Llcr, PutIn, Reserve
from finopt.model.debt import Balance, Fees, Interest, LineFee, LineRepayment, Maturity, Repayment
from finopt.model.family import Emitted, Family, Key, Program, expression
from finopt.model.objective import AIM_USES, Account, Peak, Stage, stages, tie_breaks
from finopt.model.packages import EligibleShare, FinancingCostsCap, PayPackage, RefinancingCap, Spent
from finopt.model.parties import PartyBudget, PartyShare
from finopt.model.rules import RuleRow
from finopt.model.sources import Commitment, Drawn, Proceeds, SourceLimit, SourcePeriod, SourceYear
from finopt.model.variables import PATTERN, WHERE_USES, Pairs, Variables

FAMILIES: tuple[Family, ...] = (
    # packages: every cost is paid, by those who may
    PayPackage(),
    Spent(),
    EligibleShare(),
    FinancingCostsCap(),
    RefinancingCap(),
    # sources: what each offer can give, and when
    Commitment(),
    SourceLimit(),
    SourceYear(),
    SourcePeriod(),
    Drawn(),
    Proceeds(),
    # parties and rules: who may be asked for what
    PartyBudget(),
    PartyShare(),
    RuleRow(),
    # debt: what is owed, what it costs
    Balance(),
    Maturity(),
    Interest(),
    Repayment(),
    LineRepayment(),
    LineFee(),
    Fees(),
    # the project account
    Cash(),
    MinimumCash(),
    MaximumCash(),
    # lenders' covenants
    Dscr(),
    Llcr(),
    PutIn(),
    Gearing(),
    Reserve(),
    AverageLife(),
    DebtLimit(),
    # the cost of money
    Account(),
    Peak(),
)


@dataclass(eq=False)
class Model:
    """A case as a linear program.

    ``problem`` is the pulp.LpProblem: add own constraints to it in PuLP, then ``finopt.solve(model)``; not frozen, for
    Python's ``model.problem += constraint`` stores the problem back. ``rows`` maps (family, key) to the position of a
    row; ``stages`` are the aims in order, ``ties`` the last passes. ``hopeless`` tells of conditions that no variable
    can meet, which ``unmet`` are by family and key: such a model has no plan. ``families`` are the limits, needs and
    identities that it is made of, ``emitted`` the rows of each, ``senses`` those of ``rows``.
    """

    case: Case
    data: Data
    problem: Any
    variables: Variables
    rows: Mapping[tuple[str, Key], int]
    senses: Sequence[str]
    emitted: Mapping[str, Emitted]
    families: tuple[Family, ...]
    stages: tuple[Stage, ...]
    ties: tuple[Pairs, ...]
    hopeless: tuple[str, ...]
    unmet: tuple[tuple[Family, Key], ...]

    def family(self, name: str) -> Family:
        """The family of this name. Raises KeyError where the model has none."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> Mapping[str, Family]:
        return {family.name: family for family in self.families}

    @cached_property
    def reads(self) -> frozenset[str]:
        """All that variables, families and aims read of a case."""
        uses = (name for family in self.families for name in (*family.left_uses, *family.right_uses))
        return frozenset((*PATTERN, *WHERE_USES, "offered", *AIM_USES, *uses))


def build(case: Case, unfunded: bool = False) -> Model:
    """Write a case as a PuLP problem that minimises its first aim (a maximised one with its sign turned).

    With ``unfunded`` every package may be left unpaid, in variables of its own that no aim counts: the model of a
    study that asks how much money is missing.
    """
    data = Data(case)
    program = Program(data)
    variables = Variables(program.problem, data, unfunded)
    for family in FAMILIES:
        program.add(family, variables)
    aims = tuple(stages(data, variables))
    program.problem += expression(aims[0].minimised)
    ties = tie_breaks(data, variables)
    return Model(
        case, data, program.problem, variables, program.rows, program.senses, program.emitted, FAMILIES, aims, ties,
        tuple(program.hopeless), tuple(program.unmet),
    )  # fmt: skip
