"""The errors that alphaloss raises on purpose, and the exit code that the command gives each.

    AlphalossError
    ├── UsageError             wrong use: an unknown name, a broken file, a bad setting      exit 2
    │   └── EvaluatorError     an evaluator file that does not define a usable task          exit 2
    ├── InfrastructureError    a worker died, hung or ran out of memory, twice               exit 3
    ├── SearchFailedError      the search could not make or train anything                   exit 3
    └── LlmError               no language model can be reached, or all refuse               exit 4

A candidate that fails is not an error: it is a result (see `alphaloss.records`).
"""


class AlphalossError(Exception):
    """Base of all errors that carry a sentence for the user; never shown with a traceback."""

    exit_code = 3


class UsageError(AlphalossError):
    """The user asked for something that cannot be done; the message says what, and the next step."""

    exit_code = 2


class EvaluatorError(UsageError):
    """An evaluator cannot be found or loaded, or does not define a usable `Task`."""


class InfrastructureError(AlphalossError):
    """Something outside the candidate failed (a worker died, hung, or ran out of memory)."""


class SearchFailedError(AlphalossError):
    """A search ended without a single trained program; the message names the most frequent reason."""


class LlmError(AlphalossError):
    """No language model can be reached, or all refuse, and nothing came of the run; the message says why."""

    exit_code = 4
