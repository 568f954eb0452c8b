"""Tables of metrics for one result: how much it is B's stuff, A's arrangement, its labels."""

from PIL import Image
from torch import Tensor

from i2i_core.evaluation.label_reader import LabelReader, label_agreement
from i2i_core.evaluation.set_metrics import feature_distance, l1_levels, look, ssim
from i2i_core.images.filters import correlation
from i2i_core.images.sizes import check_same_shape
from i2i_core.labels.maps import decode_together, fill_unlabelled, resize
from i2i_core.networks.deep_features import DeepFeatures
from i2i_core.patches import metrics
from i2i_core.patches.semantic_guides import feature_self_similarity


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
        shown = (feature_self_similarity(picture) for picture in (result, structure))
        scores["feature_self_similarity"] = correlation(*shown)
        scores["boundary_agreement"] = metrics.boundary_agreement(result, structure)
    return scores


def compare_pictures(result: Tensor, target: Tensor) -> dict[str, float]:
    """How far a result (1, 3, H, W) in [0, 1] is from the picture of its size that it should be: L1
    in grey levels (0–255), SSIM, and the distance of EfficientNet-Lite0's features, all layers."""
    maps = [look(DeepFeatures(), picture) for picture in (result, target)]
    return {
        "l1": l1_levels(result, target),
        "ssim": ssim(result, target),
        "feature_distance": feature_distance(*maps),
    }


def evaluate_labels(
    result: Tensor, photo: Tensor, labels: Image.Image, target_labels: Image.Image
) -> dict[str, float]:
    """Pixel accuracy and mean IoU of `target_labels` as read off the result by a reader that has
    learnt from the photograph alone, and its score on that photograph: the ceiling."""
    photo_size, result_size = ((x.shape[-1], x.shape[-2]) for x in (photo, result))
    check_same_shape(labels.size, photo_size, "label map")
    check_same_shape(target_labels.size, result_size, "wanted label map")
    source_map, target_map = decode_together(labels, target_labels)
    source = resize(fill_unlabelled(source_map.ids), photo_size)
    target = resize(fill_unlabelled(target_map.ids), result_size)
    reader = LabelReader(photo, source)
    accuracy, iou = label_agreement(reader.read(result), target)
    ceiling = label_agreement(reader.read(photo), source)[1]
    return {"accuracy": accuracy, "mean_iou": iou, "mean_iou_ceiling": ceiling}
