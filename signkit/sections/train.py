"""The training loop."""

from typing import Literal

from pydantic import Field

from signkit.sections.base import Count, NotNegative, Positive, Section, Share


class TrainConfig(Section):
    """Losses, optimizer, schedule, batches, and which weights are kept."""

    epochs: Count = Field(60, description="passes over the train split")
    min_updates: int = Field(
        0, ge=0, description="more epochs if needed to reach this many updates"
    )
    frames_per_batch: Count = Field(4000, description="padded frames of an update at most")
    clips_per_batch: Count = Field(64, description="clips of an update at most")
    frames_per_pass: int = Field(
        0,
        ge=0,
        description="padded frames of one forward pass at most, for less memory; models with batch "
        "norm measure each pass by itself; 0: a whole update",
    )
    peak_lr: Positive = Field(1e-3, description="learning rate after warm-up")
    warmup: Share = Field(0.1, description="share of all updates with a rising rate")
    weight_decay: NotNegative = Field(0.05, description="of AdamW, on matrices only")
    clip_norm: Positive = Field(1.0, description="largest norm of the gradient")
    label_smoothing: Share = Field(0.1, description="isolated: of the cross-entropy")
    ctc_smoothing: Share = Field(
        0.0, description="continuous: share of the divergence from uniform steps in the loss"
    )
    auxiliary: NotNegative = Field(
        0.5, description="weight of the mean loss of a frontend's own heads, where it has some"
    )
    intermediate: NotNegative = Field(
        0.3, description="weight of the mean loss of the heads after model.intermediate blocks"
    )
    consistency: NotNegative = Field(
        0.0,
        description="weight of the divergence between two augmented views of a clip; 0: one view",
    )
    distill: NotNegative = Field(1.0, description="weight of the divergence from a --teacher")
    distill_temperature: Positive = Field(2.0, description="softens teacher and student")
    isolated_weight: NotNegative = Field(
        0.5, description="continuous: weight of a pooled decision on clips of a single gloss"
    )
    ema_decay: Share = Field(0.0, lt=1, description="of the averaged weights that are kept; 0: off")
    keep: Literal["best", "last", "one-se"] = Field(
        "best",
        description="weights kept: lowest dev WER, last, or last within a standard error of it",
    )
    patience: int = Field(
        0,
        ge=0,
        description="epochs without a lower dev WER, or as low a one with lower loss, before "
        "training stops; 0: never stops early",
    )
    precision: Literal["no", "bf16", "fp16"] = Field("no", description="mixed precision")
    compile: bool = Field(False, description="torch.compile of the body")
    seed: int = Field(
        0, ge=0, lt=2**63, description="of initial weights, data order and augmentation"
    )
