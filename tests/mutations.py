"""The test of the tests: each promise is broken in a copy of the project, and the suite must notice.

python -m tests.mutations [WORDS ...]      all of them, or those that have one of the words in what they do
"""

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Mutation:
    """Replace `old` by `new` in a file; then these tests must fail."""

    what: str
    file: str
    old: str
    new: str
    tests: str


DURABLE, STATE, EXECUTE = "core/files/atomic.py", "core/training/state.py", "core/runs/execute.py"
FORK, FORKS = "core/training/fork.py", "tests/runs/test_forks.py"
FAULTS, RUN_FAULTS = "tests/training/test_checkpoint_faults.py", "tests/runs/test_faults.py"
MUTATIONS = (
    Mutation("drop the fsync of the file", DURABLE, "os.fsync(file.fileno())", "pass", FAULTS),
    Mutation("drop the fsync of the folder", DURABLE, "os.fsync(handle)", "pass", FAULTS),
    Mutation("write under the name itself", DURABLE, "temporary = beside(path)", "temporary = path", FAULTS),
    Mutation("drop the put-back of metrics", EXECUTE, "for past in now.history:", "for past in []:", RUN_FAULTS),
    Mutation("drop the rewind of later numbers", EXECUTE, "self.attempt.rewind(now.steps)", "pass", RUN_FAULTS),
    Mutation("drop the second try to keep the best", EXECUTE, "if now.history and now.step == 0:", "if 0:",
             RUN_FAULTS),
    Mutation("report an epoch without a checkpoint", EXECUTE,
             "            self.save()\n            self.keep(best=event.best)\n", "",
             RUN_FAULTS),
    Mutation("a fork drops what its optimizer remembers", FORK, "if keeps_optimizer_state(",
             "if not keeps_optimizer_state(", "tests/training/test_fork.py"),
    Mutation("a fork's schedule begins at the first epoch", FORK, 'if schedule == "rule":', "if False:",
             "tests/training/test_fork.py"),
    Mutation("a fork begins with a new model", "core/runs/restore.py",
             "if run.origin:\n            return begin_fork", "if False:\n            return begin_fork", FORKS),
    Mutation("a run that starts from another one needs it later", "core/runs/queue.py",
             "atomic.link(path, own_path(folder, which))", "pass", "tests/runs/test_starting_weights.py"),
    Mutation("the last layer is taken for other classes", "core/training/earlier.py",
             "classes == earlier.classes or layer_of(name) != head", "True", "tests/runs/test_starting_weights.py"),
    Mutation("frozen batch norms drift", "core/models/stages.py", "layer.train = MethodType(stay, layer)", "pass",
             "tests/models/test_stages.py"),
    Mutation("features of another network are taken", "core/training/kept_features.py", "made_of = (part.backbone, ",
             "made_of = (", "tests/runs/test_starting_weights.py"),
    Mutation("the backbone learns with the whole rate", "core/training/optimizers/spec.py",
             '"lr": lr * settings.backbone_lr', '"lr": lr', "tests/training/test_optimizers.py"),
    Mutation("a fork has no numbers of the run before it", "core/runs/sql_store.py",
             "run_numbers.copy(db, origin, run.id)", "pass", FORKS),
    Mutation("a fork takes other images", "core/runs/forks.py",
             "if not free and before.get(name) != after.get(name):", "if False:", FORKS),
    Mutation("drop the second try to keep an epoch", EXECUTE,
             "self.keep(best=now.best_epoch == now.epoch - 1)",
             "now.best_epoch == now.epoch - 1 and checkpoint.keep_best(self.folder)", FORKS),
    Mutation("drop the random state", STATE, 'torch.set_rng_state(state["random"])', "pass",
             "tests/training/test_fit.py " + RUN_FAULTS),
    Mutation("drop the optimizer", STATE, 'self.optimizer.load_state_dict(state["optimizer"])', "pass",
             "tests/training/test_fit.py"),
    Mutation("drop the schedule", STATE, 'self.schedule.load_state_dict(state["schedule"])', "pass", RUN_FAULTS),
    Mutation("a disk that refuses ends the run", EXECUTE, 'state, outcome = "paused", error',
             'state, outcome = "failed", error', RUN_FAULTS),
    Mutation("leave a new run in memory", "core/runs/database/sqlite.py", "synchronous=FULL",
             "synchronous=NORMAL", "tests/runs/test_power.py"),
    Mutation("do not look at the data", EXECUTE, "            self.check_data()\n", "", RUN_FAULTS),
    Mutation("claim without looking at the state", "core/runs/sql_store.py", ", table.c.state.in_(only_from))", ")",
             "tests/runs/test_store.py"),
    Mutation("a dead worker's run stays running", "core/runs/liveness.py",
             'if run.state != "running" or self.is_alive(run) is not False:', "if True:", RUN_FAULTS),
    Mutation("random numbers know no purpose", "core/loading/randomness.py", "_number(purpose) + ", "",
             "tests/loading/test_randomness.py"),
    Mutation("a run of the first version goes on with other numbers", STATE, 'state.get("randomness", 1)', "SCHEME",
             "tests/compatibility"),
    Mutation("RandAugment uses up torch's own numbers", "core/loading/augmentations/rand_augment.py",
             "torch.set_rng_state(before)", "pass", "tests/loading/augmentations/test_entries.py -k own_random"),
    Mutation("a misspelt name falls back", "core/settings/registry.py",
             "raise unknown(self.kind, name, list(self.entries))", "return next(iter(self.entries.values()))",
             "tests/training/test_entries.py"),
    Mutation("an extension takes a built-in's place", "core/settings/registry.py",
             "if taken := self.taken(entry, known):", "if taken := []:", "tests/settings/test_plugins.py"),
    Mutation("a late tick leads away from a run", "pages/2_Train.py", "if chosen != shown and chosen in known:",
             "if chosen in known:", "tests/pages/test_train.py -k old_choices"),
    Mutation("a link of a moment ago takes changes back", "pages/train/form_link.py",
             "if not asked or asked in st.session_state.setdefault(KNOWN, []):", "if not asked:",
             "tests/pages/test_train.py -k takes_nothing_back"),
    Mutation("what a slow browser sends late is a choice", "pages/train/forms.py",
             "if was_written(key, st.session_state[key]):", "if False:", "tests/pages/test_forms.py -k moment_ago"),
    Mutation("the link forgets what was changed", "pages/train/form_link.py",
             "for name, value in changed.items()", "for name, value in ()",
             "tests/pages/test_train.py -k new_visit"),
    Mutation("answers of other weights are believed", "core/insight/image_answers.py",
             'if not version or str(kept["version"]) != version:', "if not version:",
             "tests/insight/test_image_answers.py"),
    Mutation("every difference is more than chance", "core/insight/difference.py", "if self.p_value >= SIGNIFICANCE:",
             "if False:", "tests/insight/test_difference.py"),
    Mutation("a gap that so few images cannot show is overfitting", "core/insight/rules/fit.py",
             "train - val < GAP or high >= train", "train - val < GAP", "tests/insight/test_rules.py"),
    Mutation("what a rule explains is told all the same", "core/insight/diagnosis.py",
             "if name not in explained]", "]", "tests/insight/test_rules.py"),
    Mutation("apply and rerun changes nothing", "pages/train/diagnosis_card.py",
             "config = run.config.replace(changes)", "config = run.config", "tests/pages/test_diagnosis_card.py"),
    Mutation("the rate of the lowest loss is suggested", "core/training/lr_suggestion.py",
             "min(best.lr / BACK_OFF, steepest)", "best.lr", "tests/training/test_lr_suggestion.py"),
    Mutation("a filter takes runs out of the comparison", "pages/compare/chosen_runs.py",
             "choose(here + [run for run in self.chosen if run not in self.ids])", "choose(here)",
             "tests/pages/test_compare.py"),
    Mutation("what the box chose is not ticked", "pages/compare/chosen_runs.py", "number += 1", "number = 1",
             "tests/pages/test_compare.py"),
    Mutation("captions are as faint as they come", "pages/components/frame.css",
             '[data-testid="stCaptionContainer"] {opacity: 0.75;}', "", "tests/browser/test_access.py -k home"),
    Mutation("a word goes past the catalogues", "pages/home/home_page.py", '_("Your runs")', '"Your runs"',
             "tests/pages/test_bare_strings.py"),
    Mutation("a metric's numbers are not stored", "core/runs/run_numbers.py", "metrics = write_json(row.metrics)",
             "metrics = write_json({})", "tests/runs/test_store.py"),
    Mutation("a point of a curve is lost with a death", EXECUTE, "                self.flush()  # first",
             "                pass  # first", RUN_FAULTS),
    Mutation("a point forgets what it had before an interruption", STATE,
             'StepSums(**state["progress"].get("point", {}))', "StepSums()", "tests/training/test_step_points.py"),
    Mutation("test scores are called validation", "core/loading/settings.py", '"val" if self.validation else "test"',
             '"val"', "tests/pages/test_part_names.py"),
    Mutation("copies lie on both sides of a split", "core/datasets/stratified.py", "if copies is None or", "if True or",
             "tests/loading/test_split.py tests/datasets/test_copies.py"),
    Mutation("a score of guessing is believed", "core/training/verdict.py",
             "return interval(correct, total)[0] <= largest / total", "return False", "tests/training/test_verdict.py"),
    Mutation("a damaged row is believed", "core/runs/run_reader.py", "damaged = damaged_columns(found)", "damaged = []",
             "tests/runs/test_store.py"),
    Mutation("what a superseded attempt writes stands", "core/runs/sql_store.py",
             "if attempt is not None:\n        query, values", "if False:\n        query, values",
             "tests/runs/test_attempt.py"),
    Mutation("who only looks takes runs of a shared queue", "core/runs/lab.py",
             "takes_runs or not store.shared", "True", "tests/runs/test_attended.py -k only_looks"),
    Mutation("a file's time is that of the clock", "core/sandbox/process.py",
             "signal.setitimer(signal.ITIMER_PROF, seconds)", "signal.setitimer(signal.ITIMER_REAL, seconds)",
             "tests/sandbox/test_process.py"),
    Mutation("what can be read in two ways is guessed", "core/importing/layout.py", 'if how == "auto":', "if False:",
             "tests/importing/test_layout.py"),
    Mutation("take lines of the paper for ink", "core/inference/paper_lines.py", "return ink & ~rest & ~drawn",
             "return none", "tests/inference/test_papers.py"),
    Mutation("take a drawing cut to its ink for paper", "core/inference/paper.py", "if alone is not None:", "if False:",
             "tests/inference/test_papers.py"),
    Mutation("guess at several signs", "core/inference/predictor.py", "if drawing.signs > 1 and not one_sign:",
             "if False:", "tests/inference/test_predictor.py"),
    Mutation("show a picture on the other ground as it is", "core/inference/image_style.py",
             "turned = opposite and turn", "turned = False", "tests/inference/test_image_style.py"),
    Mutation("a run that guesses is a success", "pages/components/run_card.py", "if guesses(run) else state",
             "if False else state", "tests/pages/test_home.py"),
    Mutation("a picture gets its own range and not its set's", "core/inference/photo.py",
             "if levels is None or levels.span(found.levels) is None:", "if True:",
             "tests/importing/test_folder.py -k range_that_it_uses"),
    Mutation("offer no pen for strokes in colour files", "core/sandbox/image_files.py", "if _is_grey(pixels)",
             "if False", "tests/importing/test_folder.py -k drawable"),
)  # fmt: skip


def noticed(mutation: Mutation) -> bool:
    """Whether the suite fails on a copy of the project with this mutation."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        ignored = shutil.ignore_patterns(".git", ".venv", "workspace", "__pycache__", ".*_cache")
        shutil.copytree(ROOT, copy, ignore=ignored)
        source = (copy / mutation.file).read_text(encoding="utf-8")
        assert source.count(mutation.old) >= 1, f"{mutation.old!r} is not in {mutation.file} any more"
        (copy / mutation.file).write_text(source.replace(mutation.old, mutation.new), encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *mutation.tests.split()]
        return subprocess.run(command, cwd=copy, capture_output=True).returncode == 1


def main() -> None:
    missed = []
    words = sys.argv[1:]
    for mutation in [one for one in MUTATIONS if not words or any(word in one.what for word in words)]:
        good = noticed(mutation)
        print(f"{'noticed' if good else 'MISSED '}  {mutation.what}", flush=True)
        missed += [] if good else [mutation.what]
    sys.exit(f"the tests do not notice: {', '.join(missed)}" if missed else 0)


if __name__ == "__main__":
    main()
