"""Safetensors: the same weights in a file that runs no code when it is read, with the run's settings in its header."""

from core.exporters.spec import Exported, ExporterSpec


def write(exported: Exported) -> bytes:
    from core.runs.trained import safetensors_file

    trained = exported.trained
    return safetensors_file(trained.model, exported.run.name, trained.config, trained.meta)


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
