"""finopt decides who pays for what, when, with which money.

The public names stand in `__init__.pyi`; each is loaded when it is first asked for, since a command needs few of them.
"""

import sys
from types import ModuleType

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


class _Package(ModuleType):
    """finopt itself: `finopt.solve` is the function, though a package of that name puts itself there when it loads."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in __all__ and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
