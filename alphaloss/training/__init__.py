"""Tasks, the trainer, and the worker processes that run it.

An evaluator file needs `Task`, `Data`, `Rung` and perhaps one of `transforms`; a controller needs `Workers`,
`find_evaluator` and the records. TensorFlow is imported by `trainer` and `compiled` only, inside a worker.
"""

from alphaloss.training.locate import EvaluatorRef, find_evaluator, list_evaluators
from alphaloss.training.metrics import METRICS, Metric
from alphaloss.training.task import Data, Rung, Samples, Task, TaskInfo, TrainJob
from alphaloss.training.transforms import AsymmetricNoise, SymmetricNoise
from alphaloss.training.workers import Workers

__all__ = [
    "METRICS",
    "AsymmetricNoise",
    "Data",
    "EvaluatorRef",
    "Metric",
    "Rung",
    "Samples",
    "SymmetricNoise",
    "Task",
    "TaskInfo",
    "TrainJob",
    "Workers",
    "find_evaluator",
    "list_evaluators",
]
