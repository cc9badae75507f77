"""Tasks, the trainer, and the worker processes that run it.

An evaluator file needs `Task`, `Data`, `Rung` and perhaps one of `transforms`, or a `Suite` of tasks; a controller
needs `Workers`, `find_evaluator` and the records. TensorFlow is imported inside a worker only.
"""

from alphaloss.training.locate import EvaluatorRef, find_evaluator, list_evaluators
from alphaloss.training.metrics import METRICS, Metric
from alphaloss.training.plateau import ReduceOnPlateau
from alphaloss.training.suite import Suite
from alphaloss.training.task import Data, Rung, Samples, Task, TaskInfo, TrainJob
from alphaloss.training.transforms import AsymmetricNoise, LongTail, Outliers, Subsample, SymmetricNoise
from alphaloss.training.workers import Workers

__all__ = [
    "METRICS",
    "AsymmetricNoise",
    "Data",
    "EvaluatorRef",
    "LongTail",
    "Metric",
    "Outliers",
    "ReduceOnPlateau",
    "Rung",
    "Samples",
    "Subsample",
    "Suite",
    "SymmetricNoise",
    "Task",
    "TaskInfo",
    "TrainJob",
    "Workers",
    "find_evaluator",
    "list_evaluators",
]
