"""Tables of metrics for one result: how much it is B's stuff, A's arrangement, its labels."""

from __future__ import annotations

from PIL import Image
from torch import Tensor

from i2i_core.evaluation.label_reader import LabelReader, label_agreement
from i2i_core.images.sizes import check_same_shape
from i2i_core.labels.maps import decode_together, fill_unlabelled, resize
from i2i_core.patches import metrics


def evaluate_pictures(
    result: Tensor, appearance: Tensor, structure: Tensor | None = None
) -> dict[str, float]:
    """Scores of a result (1, 3, H, W) against what it is made of and whose arrangement it has."""
    scores = {
        "coherence": metrics.coherence(result, appearance),
        "completeness": metrics.completeness(result, appearance),
        "sliced_wasserstein": metrics.sliced_wasserstein(result, appearance),
    }
    if structure is not None:
        scores["self_similarity"] = metrics.self_similarity(result, structure)
        scores["boundary_agreement"] = metrics.boundary_agreement(result, structure)
    return scores


def evaluate_labels(
    result: Tensor, photo: Tensor, labels: Image.Image, target_labels: Image.Image
) -> dict[str, float]:
    """Pixel accuracy and mean IoU of `target_labels` as read off the result by a reader that has
    learnt from the photograph alone, and its score on that photograph: the ceiling."""
    check_same_shape(labels.size, (photo.shape[-1], photo.shape[-2]), "label map")
    check_same_shape(target_labels.size, (result.shape[-1], result.shape[-2]), "wanted label map")
    source_map, target_map = decode_together(labels, target_labels)
    source = resize(fill_unlabelled(source_map.ids), (photo.shape[-1], photo.shape[-2]))
    target = resize(fill_unlabelled(target_map.ids), (result.shape[-1], result.shape[-2]))
    reader = LabelReader(photo, source)
    accuracy, iou = label_agreement(reader.read(result), target)
    ceiling = label_agreement(reader.read(photo), source)[1]
    return {"accuracy": accuracy, "mean_iou": iou, "mean_iou_ceiling": ceiling}
