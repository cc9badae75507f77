from .config import epsilon, floatx
from .ops import __getattr__
