"""A run as a script of plain PyTorch that imports nothing of this program: as a teacher would write it, or one that
gives the run's own numbers; as a file, a notebook, or parts to copy."""
