"""python -m finopt.cli"""

from finopt.cli.main import main

main()
