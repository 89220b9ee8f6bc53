"""The training loop, on Hugging Face `accelerate` for devices and precision.

One update: a batch of like lengths, augmented, loss, gradient clipped, AdamW, learning rate by
warm-up and cosine *per update*. After every epoch the dev split is recognized greedily; the weights
with the lowest dev WER are kept, ties go to the lower dev loss. The test split is never touched
here.
"""

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from signkit.batch import Batch, twice
from signkit.checkpoint import (
    Checkpoint,
    model_card,
    read_checkpoint,
    read_weights,
    write_checkpoint,
)
from signkit.dataset import PoseDataset
from signkit.encode.augment import Augment
from signkit.errors import TrainingError
from signkit.files import write_text
from signkit.models.recognizer import Recognizer, shortest_clip
from signkit.recipe import Recipe
from signkit.sections import TrainConfig
from signkit.train.loader import (
    ClipLoader,
    Example,
    budget_batches,
    epoch_batches,
    update_seed,
)
from signkit.train.losses import recognition_loss
from signkit.train.objective import Objective
from signkit.train.plan import Plan, make_plan
from signkit.train.state import Progressed, has_state, load_state, save_state

_CLIPS_TO_FIT = 4000
"""The encoder's tables are measured on this many train clips at most."""


@dataclass(frozen=True)
class TrainProgress:
    """How far training has come; `dev_wer` is None before the first evaluation."""

    update: int
    n_updates: int
    epoch: int
    n_epochs: int
    loss: float
    lr: float
    dev_wer: float | None
    seconds_left: float


@dataclass(frozen=True)
class TrainSummary:
    """What a finished training amounts to; `dev_wer` is a fraction, and optimistic: it chose the
    weights.
    """

    run: Path
    task: str
    n_parameters: int
    n_train: int
    n_dev: int
    dev_source: str
    best_epoch: int
    dev_wer: float
    seconds: float


def train(
    recipe: Recipe,
    dataset: PoseDataset,
    out: Path,
    *,
    seed: int | None = None,
    device: str | None = None,
    init_from: Path | None = None,
    resume: bool = False,
    progress: Callable[[TrainProgress], None] | None = None,
) -> TrainSummary:
    """Train a recognizer on the train split and write its run folder.

    Args:
        recipe: Every number.
        dataset: Poses and labels; without a dev split one is carved out of train.
        out: Run folder.
        seed: In place of the recipe's.
        device: `cpu`, `cuda`, `cuda:1`, `mps`; by default the best there is.
        init_from: Run whose weights to start from; the classifier is new where glosses differ.
        resume: Go on with an unfinished run in `out`, or start if there is none.
        progress: Called after every update.

    Raises:
        TrainingError: The run exists, data and recipe do not fit, or the loss is not a number.
    """
    if seed is not None:
        recipe = recipe.model_copy(update={"train": recipe.train.model_copy(update={"seed": seed})})
    if out.exists() and any(out.iterdir()) and not resume:
        raise TrainingError(
            f"{out} already holds files; add --resume to go on with its training, or choose "
            f"another --out"
        )
    plan = make_plan(recipe, dataset)
    trainer = Trainer(recipe, dataset, plan, out, device=device, init_from=init_from)
    return trainer.run(progress or (lambda _: None), resume=resume)


class Trainer:
    """One training run, from its plan to its run folder."""

    def __init__(
        self,
        recipe: Recipe,
        dataset: PoseDataset,
        plan: Plan,
        out: Path,
        *,
        device: str | None,
        init_from: Path | None,
    ) -> None:
        self.recipe, self.plan, self.out = recipe, plan, out
        self.config: TrainConfig = recipe.train
        self.objective = Objective(recipe)
        self.loader = ClipLoader(dataset, fps=plan.fps)
        self.accelerator = _accelerator(device, self.config.precision)
        torch.manual_seed(self.config.seed)
        model = Recognizer(recipe, dataset.skeleton, plan.vocabulary, fps=plan.fps)
        self.checkpoint = Checkpoint(
            recipe=recipe,
            skeleton=dataset.skeleton,
            vocabulary=plan.vocabulary,
            fps=plan.fps,
            extractor=dataset.info.extractor,
            data=plan.describe(dataset),
            results={"n_parameters": model.n_parameters},
        )
        model.encoder.fit(self._batches_to_fit())
        if init_from is not None:
            start_from(model, init_from, self.checkpoint)
        optimizer = torch.optim.AdamW(_parameter_groups(model, self.config), lr=self.config.peak_lr)
        self.model, self.optimizer = self.accelerator.prepare(model, optimizer)
        self.augment = Augment(dataset.skeleton, recipe.augment)
        self.averaged = self._weights() if self.config.ema_decay else {}
        per_epoch = len(self._epoch(0))
        self.n_epochs = max(self.config.epochs, math.ceil(self.config.min_updates / per_epoch))
        self.n_updates = self.n_epochs * per_epoch
        self.progressed = Progressed()

    def run(self, progress: Callable[[TrainProgress], None], *, resume: bool) -> TrainSummary:
        """Train until the last epoch; returns what came out."""
        key = self._key()
        if resume and has_state(self.out):
            self.progressed, self.averaged = load_state(
                self.out, model=self._bare(), optimizer=self.optimizer, key=key
            )
            self._drop_later_metrics()
        while self.progressed.epoch < self.n_epochs:
            started = time.monotonic()
            loss = self._train_epoch(progress)
            dev_loss, dev_wer = self._evaluate()
            self.progressed.seconds += time.monotonic() - started
            self.progressed.epoch += 1
            if self.accelerator.is_main_process:
                self._record(loss, dev_loss, dev_wer)
                save_state(
                    self.out,
                    model=self._bare(),
                    optimizer=self.optimizer,
                    averaged=self.averaged,
                    progressed=self.progressed,
                    key=key,
                )
        return self._summary()

    def _train_epoch(self, progress: Callable[[TrainProgress], None]) -> float:
        self.model.train()
        losses: list[float] = []
        started = time.monotonic()
        first_update = self.progressed.update
        for examples in self._epoch(self.progressed.epoch):
            loss = self._update(examples)
            losses.append(loss)
            done = self.progressed.update - first_update
            left = (self.n_updates - self.progressed.update) * (time.monotonic() - started) / done
            progress(
                TrainProgress(
                    update=self.progressed.update,
                    n_updates=self.n_updates,
                    epoch=self.progressed.epoch + 1,
                    n_epochs=self.n_epochs,
                    loss=loss,
                    lr=self.optimizer.param_groups[0]["lr"],
                    dev_wer=self.progressed.best_wer if self.progressed.best_epoch else None,
                    seconds_left=left,
                )
            )
        return sum(losses) / len(losses)

    def _update(self, examples: list[Example]) -> float:
        update = self.progressed.update
        seed = update_seed(self.config.seed, update)
        torch.manual_seed(seed + self.accelerator.process_index)
        generator = torch.Generator().manual_seed(seed + self.accelerator.process_index)
        batch = self.loader.batch(examples).to(self.accelerator.device)
        batch = self._augmented(batch, self._least_frames(examples), generator)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.config, update, self.n_updates)
        with self.accelerator.autocast():
            logits = self.model(batch.coords, batch.is_frame, n_views=self.objective.n_views)
        loss = self.objective(logits, batch).total
        value = loss.item()
        if not math.isfinite(value):
            raise TrainingError(
                f"the loss is {value} at update {update + 1} (clips "
                f"{', '.join(batch.clip_ids[:3])} "
                "...); lower train.peak_lr, or use train.precision=no"
            )
        self.accelerator.backward(loss)
        self.accelerator.clip_grad_norm_(self.model.parameters(), self.config.clip_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.progressed.update += 1
        self._average()
        return value

    def _augmented(self, batch: Batch, least: Tensor, generator: torch.Generator) -> Batch:
        """The batch as it is trained on: one changed view of each clip, or two equal in time."""
        coords, lengths = self.augment.retime(batch.coords, batch.lengths, least, generator)
        batch = replace(batch, coords=coords, lengths=lengths)
        if self.objective.n_views == 2:
            batch = twice(batch)
        coords = self.augment.disturb(batch.coords, batch.lengths, generator)
        return replace(batch, coords=coords)

    def _least_frames(self, examples: list[Example]) -> Tensor:
        if self.recipe.task == "isolated":
            return torch.ones(len(examples), dtype=torch.long)
        subsampling = self.recipe.model.subsampling
        return torch.tensor([shortest_clip(list(e.target), subsampling) for e in examples])

    @torch.no_grad()
    def _average(self) -> None:
        """Exponential moving average of the weights; its memory grows with the updates."""
        if not self.averaged:
            return
        decay = min(
            self.config.ema_decay, (1 + self.progressed.update) / (10 + self.progressed.update)
        )
        for name, value in self._bare().state_dict().items():
            average = self.averaged[name]
            if average.is_floating_point():
                average.lerp_(value, 1 - decay)
            else:
                average.copy_(value)

    @torch.no_grad()
    def _evaluate(self) -> tuple[float, float]:
        """(loss, WER) on dev; the loss leaves out clips with unknown glosses."""
        self.model.eval()
        model = self._bare()
        current = self._weights() if self.averaged else {}
        if self.averaged:
            model.load_state_dict(self.averaged)
        ordered = sorted(self.plan.dev, key=lambda example: example.n_frames)
        references: list[str] = []
        hypotheses: list[str] = []
        losses: list[float] = []
        for examples in budget_batches(ordered, self.config):
            batch = self.loader.batch(examples).to(self.accelerator.device)
            with self.accelerator.autocast():
                logits = model(batch.coords, batch.is_frame)
            if bool((batch.target_lengths > 0).all()):
                loss = recognition_loss(logits, batch, task=self.recipe.task, config=self.config)
                losses.append(loss.item())
            decoded = model.head.decode(logits)
            hypotheses += [" ".join(self.plan.vocabulary.decode(ids)) for ids in decoded]
            references += [" ".join(example.clip.glosses) for example in examples]
        if current:
            model.load_state_dict(current)
        mean = sum(losses) / len(losses) if losses else math.inf
        return mean, word_error_rate(references, hypotheses)

    def _record(self, loss: float, dev_loss: float, dev_wer: float) -> None:
        now = self.progressed
        if now.improves(dev_wer, dev_loss):
            now.best_epoch, now.best_wer, now.best_loss = now.epoch, dev_wer, dev_loss
            results = {**self.checkpoint.results, "best_epoch": now.epoch, "dev_wer": dev_wer}
            self.checkpoint = replace(self.checkpoint, results=results)
            write_checkpoint(self.out, self.checkpoint, self.averaged or self._weights())
            write_text(self.out / "README.md", model_card(self.checkpoint))
        line = {
            "epoch": now.epoch,
            "update": now.update,
            "loss": round(loss, 5),
            "dev_loss": round(dev_loss, 5),
            "dev_wer": round(dev_wer, 5),
            "lr": learning_rate(self.config, now.update, self.n_updates),
            "seconds": round(now.seconds, 1),
        }
        with (self.out / "metrics.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def _drop_later_metrics(self) -> None:
        path = self.out / "metrics.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        kept = [line for line in lines if json.loads(line)["epoch"] <= self.progressed.epoch]
        write_text(path, "".join(f"{line}\n" for line in kept))

    def _summary(self) -> TrainSummary:
        return TrainSummary(
            run=self.out,
            task=self.recipe.task,
            n_parameters=self.checkpoint.results["n_parameters"],
            n_train=len(self.plan.train),
            n_dev=len(self.plan.dev),
            dev_source=self.plan.dev_source,
            best_epoch=self.progressed.best_epoch,
            dev_wer=self.progressed.best_wer,
            seconds=self.progressed.seconds,
        )

    def _epoch(self, epoch: int) -> list[list[Example]]:
        accelerator = self.accelerator
        return epoch_batches(
            self.plan.train,
            self.config,
            epoch=epoch,
            rank=accelerator.process_index,
            world=accelerator.num_processes,
        )

    def _batches_to_fit(self) -> list[Tensor]:
        examples = self.plan.train[:: max(1, math.ceil(len(self.plan.train) / _CLIPS_TO_FIT))]
        return [self.loader.batch(batch).coords for batch in budget_batches(examples, self.config)]

    def _bare(self) -> Recognizer:
        bare: Recognizer = self.accelerator.unwrap_model(self.model)
        return bare

    def _weights(self) -> dict[str, Tensor]:
        return {name: value.clone() for name, value in self._bare().state_dict().items()}

    def _key(self) -> str:
        record = {"recipe": self.recipe.model_dump(mode="json"), "data": self.checkpoint.data}
        return sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def learning_rate(config: TrainConfig, update: int, n_updates: int) -> float:
    """Linear warm-up to the peak, then half a cosine down to zero, by number of updates done."""
    n_warmup = max(1, round(config.warmup * n_updates))
    if update < n_warmup:
        return config.peak_lr * (update + 1) / n_warmup
    share = (update - n_warmup) / max(1, n_updates - n_warmup)
    return config.peak_lr * 0.5 * (1 + math.cos(math.pi * share))


def word_error_rate(references: list[str], hypotheses: list[str]) -> float:
    """Pooled WER of glosses joined by spaces, a fraction."""
    import jiwer

    counts = jiwer.process_words(references, hypotheses)
    errors = counts.substitutions + counts.deletions + counts.insertions
    return float(errors / (counts.hits + counts.substitutions + counts.deletions))


def start_from(model: Recognizer, run: Path, checkpoint: Checkpoint) -> None:
    """Load the weights of another run; its classifier only if the glosses are the same.

    Raises:
        TrainingError: The other run has another skeleton or other sizes.
    """
    source = read_checkpoint(run)
    if source.skeleton.landmarks != checkpoint.skeleton.landmarks:
        raise TrainingError(
            f"{run} reads skeleton {source.skeleton.name!r}, but the data have "
            f"{checkpoint.skeleton.name!r}; start from a run with the same skeleton"
        )
    weights = read_weights(run)
    if (source.vocabulary, source.recipe.task) != (checkpoint.vocabulary, checkpoint.recipe.task):
        weights = {name: value for name, value in weights.items() if not name.startswith("head.")}
    own = model.state_dict()
    unfit = [
        name for name, value in weights.items() if name not in own or own[name].shape != value.shape
    ]
    if unfit:
        raise TrainingError(
            f"the weights of {run} do not fit this recipe (first: {unfit[0]}); use the same "
            f"model section"
        )
    model.load_state_dict(weights, strict=False)


def _parameter_groups(model: Recognizer, config: TrainConfig) -> list[dict[str, object]]:
    """Weight decay on matrices and kernels; none on norms and biases."""
    decayed = [p for p in model.parameters() if p.ndim > 1]
    free = [p for p in model.parameters() if p.ndim <= 1]
    return [
        {"params": decayed, "weight_decay": config.weight_decay},
        {"params": free, "weight_decay": 0.0},
    ]


def _accelerator(device: str | None, precision: str) -> Any:
    from accelerate import Accelerator

    if device and device.startswith("cuda") and not torch.cuda.is_available():
        raise TrainingError(f"--device {device} was asked for, but no CUDA device is here; use cpu")
    return Accelerator(cpu=device == "cpu", mixed_precision=precision)
