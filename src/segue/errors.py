"""The errors that a user can cause, each said in one line with its remedy."""


class SegueError(Exception):
    """Something the user can mend; the command line prints it as one line and exits with 2."""


class CellError(SegueError, TypeError):
    """A cell's signature or equation breaks a rule of `segue.cell`."""


class ScanError(SegueError, ValueError):
    """What was given to `segue.scan` or to a layer does not fit the cell."""


class DataError(SegueError, ValueError):
    """A file or frame cannot be used as it is: place, defect and remedy in one line."""


class OptionError(SegueError, ValueError):
    """An option has a value that cannot be used, or does not fit the others."""


class InsightError(SegueError, ValueError):
    """A diagnosis was asked of what has nothing to diagnose."""


class RunError(SegueError, RuntimeError):
    """A run folder is missing, damaged or does not fit what is asked of it."""
