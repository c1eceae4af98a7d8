"""`MODEL_CARD.md`: what the bundle is, what it was trained on, and what it does not show."""

from __future__ import annotations

from edgekit.manifest import Manifest
from edgekit.metrics import Estimate, Metrics, honesty_lines


def model_card(manifest: Manifest, metrics: Metrics) -> str:
    """Return the card in Markdown."""
    dataset, decision, origin = manifest.dataset, manifest.decision, manifest.provenance
    seconds = manifest.n_frames / manifest.fps
    threshold = metrics.threshold
    interval = ""
    if threshold.low is not None and threshold.high is not None:
        interval = f" (95 % interval {threshold.low:.3f} to {threshold.high:.3f})"
    lines = [
        "# Model card",
        "",
        "**Research software. Not a medical device. No clinical claim.**",
        "",
        f"{manifest.n_folds} ST-GCN networks with attention-based multiple-instance pooling "
        f"(`{manifest.mil}`, width {manifest.c_base}), averaged. They read {seconds:g} s of body "
        f"landmarks ({manifest.n_frames} frames at {manifest.fps:g} fps) and answer with one "
        "probability.",
        "",
        f"- Trained on: {dataset.source} data, {origin.n_clips} clips of {origin.n_children} "
        f"children; landmarks by {dataset.landmark_model} ({dataset.extractor}).",
        f"- Decision: at or above {decision.threshold:.4f} (policy `{decision.policy}`)"
        f"{interval}; a window with a body in less than {decision.min_seen_share:.0%} of its "
        "frames is not judged.",
        f"- Out-of-fold: AUROC {_text(metrics.auroc)}, AUPRC {_text(metrics.auprc)}, "
        f"F1 {_text(metrics.f1)}, sensitivity {_text(metrics.sensitivity)}, "
        f"specificity {_text(metrics.specificity)}.",
        f"- Made by edgekit {origin.edgekit_version} on {origin.created_utc} from the run "
        f"`{origin.run}`.",
        "",
        "## What these figures do not show",
        "",
        *(f"- {line}" for line in honesty_lines(metrics, dataset)),
        "- INT8 was held against FP32, not against the truth; see `gate.md`.",
    ]
    return "\n".join(lines) + "\n"


def _text(estimate: Estimate) -> str:
    if estimate.value is None:
        return "undefined"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3f}"
    return f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f})"
