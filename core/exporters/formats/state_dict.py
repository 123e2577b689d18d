"""A state_dict as `torch.save` writes it: parameter names and tensors, and nothing else."""

import io

from core.exporters.spec import Exported, ExporterSpec


def write(exported: Exported) -> bytes:
    import torch

    buffer = io.BytesIO()
    torch.save({key: tensor.contiguous() for key, tensor in exported.trained.model.state_dict().items()}, buffer)
    return buffer.getvalue()


SPECS = (
    ExporterSpec(
        name="pt",
        title="PyTorch (.pt)",
        help="A plain state_dict for torch.load and model.load_state_dict.",
        endings=(".pt", ".pth"),
        write=write,
        loads='torch.load("{file}", weights_only=True)',
        order=0,
    ),
)
