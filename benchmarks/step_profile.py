"""Where the time of a training step goes, by kind of work, from torch's profiler: what stands between a recipe and the
speed of its largest layer (`benchmarks.possible`).

    python -m benchmarks.step_profile mnist-cnn [--precision bfloat16] [--path cifar10-images.zip] [--tiny]

Times are those of each operation itself, without the operations that it calls, on the processor; the profiler's own
work makes steps of few milliseconds up to a fifth longer.
"""

import re
from collections import Counter
from pathlib import Path

import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks.possible import arguments, opened
from benchmarks.side_by_side import table
from core.training import pace

STEPS = 60
WARM_UP_STEPS = 10
# The first that matches an operation's name.
KINDS = {
    "optimizer": r"optimizer|fused_(adam|sgd)|foreach|addcdiv|addcmul|newton",
    "convolutions": r"conv",
    "dense layers": r"addmm|::mm|linear|matmul|::bmm",
    "batch norm": r"norm",
    "pooling": r"pool",
    "activations": r"relu|threshold|gelu|silu|sigmoid|tanh|elu|hardtanh|clamp",
    "from one precision or layout to another": r"copy_|contiguous|_to_copy|::to$|clone|reorder",
    "loss": r"loss|softmax|nll|cross_entropy",
    "dropout": r"dropout|bernoulli",
    "making the batch": r"index|gather|embedding|grid|roll|flip|stack|cat$",
}  # fmt: skip
REST = "everything else"


def kind(operation: str) -> str:
    return next((name for name, pattern in KINDS.items() if re.search(pattern, operation.lower())), REST)


def measure(name: str, precision: str, path: Path | None, tiny: bool) -> tuple[int, Counter[str]]:
    """How many steps were taken, and the milliseconds of each kind of work in all of them together."""
    config, data, state = opened(name, precision, path)
    taken = pace.steps_taken(config, state, data)
    wanted = 1 if tiny else STEPS
    began = next(steps for steps in taken if tiny or steps >= WARM_UP_STEPS)
    with profile(activities=[ProfilerActivity.CPU]) as recorded:
        steps = next((steps for steps in taken if steps >= began + wanted), state.progress.steps)
    spent: Counter[str] = Counter()
    for row in recorded.key_averages():
        spent[kind(row.key)] += row.self_cpu_time_total / 1000
    return steps - began, spent


def main() -> None:
    args = arguments(__doc__)
    steps, spent = measure(args.recipe, args.precision, args.path, args.tiny)
    whole = spent.total()
    rows = [[name, f"{ms / steps:.2f}", f"{ms / whole:.0%}"] for name, ms in spent.most_common()]
    print(f"`{args.recipe}`, {args.precision}, {torch.get_num_threads()} threads: {whole / steps:.1f} ms a step\n")
    print(table(("work", "ms a step", "share"), rows))


if __name__ == "__main__":
    main()
