"""Safetensors: the same weights in a file that runs no code when it is read, with the run's settings in its header."""

from core.exporters.spec import Exported, ExporterSpec


def write(exported: Exported) -> bytes:
    """With the run's name, the RunConfig and the data set's description in the header."""
    import safetensors.torch

    weights = {key: tensor.contiguous() for key, tensor in exported.trained.model.state_dict().items()}
    trained = exported.trained
    header = {"name": exported.run.name, "config": trained.config.to_json(), "meta": trained.meta.model_dump_json()}
    return safetensors.torch.save(weights, metadata=header)


SPECS = (
    ExporterSpec(
        name="safetensors",
        title="safetensors",
        help="The same weights in a file that runs no code when it is read. It says how its model is built.",
        endings=(".safetensors",),
        write=write,
        imports="from safetensors.torch import load_file\n",
        loads='load_file("{file}")',
        order=1,
    ),
)
