"""Questions about a plan, one a file, and the machinery that they share.

What if: what_if, scenarios, sweep, tornado, frontier, deals, simulate, compare. Why: prices, entries, notches, flip.
Why not: explain, clash, moves, repair, stress, pump. Shared: runner, parts and variants carry a study's scenarios to
any executor and back; sampling draws them; restarts, shortcut and gauges solve and read thousands of one pattern; steps
and shortfall ask one program about its limits; places and words tell a row of it as a cell and as a sentence.
"""
