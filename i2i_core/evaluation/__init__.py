"""How good a result is, and how good a model."""

from i2i_core.evaluation.result import compare_pictures as compare_pictures
from i2i_core.evaluation.result import evaluate_labels as evaluate_labels
from i2i_core.evaluation.result import evaluate_pictures as evaluate_pictures
