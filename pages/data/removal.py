"""Removing an import: says first what goes, what stays, and which runs need the images."""

from core.datasets.source import DataSource
from core.locale import _, ngettext
from core.prepared import imports
from core.prepared.versions import versions
from core.runs.lab import Lab
from pages.components import data_picker
from pages.components.asking import ask
from pages.components.idle_button import idle_button
from pages.components.markdown import escape_markdown


def removal_button(source: DataSource, lab: Lab) -> None:
    if idle_button(_("Remove this import"), lab.runs_on(source), icon=":material/delete:", key="remove-import"):
        ask_to_remove(source, lab)


def ask_to_remove(source: DataSource, lab: Lab) -> None:
    def remove() -> None:
        lab.forget(source)
        data_picker.show_data_set(DataSource(data_picker.DEFAULT_DATA_SET))

    title = escape_markdown(source.title)
    if imports.is_collected(source.place, lab.workspace):
        words = [
            _(
                "What was prepared of **{title}** goes, and all images that were collected in it, for good. There are "
                "no others: download them first if you may want them again.",
                title=title,
            )
        ]
    elif imports.is_upload(source.place, lab.workspace):
        words = [_("What was prepared of **{title}** goes, and the ZIP that was uploaded.", title=title)]
    else:
        place = escape_markdown(str(source.place))
        words = [_("What was prepared of **{title}** goes. {place:name} stays as it is.", title=title, place=place)]
    if saved := len(versions(source, lab.workspace)):
        words.append(
            ngettext(
                "What was prepared of its {n:count} version goes, too. The edits stay, and so does the version's list: "
                "they are there again once the images are imported again.",
                "What was prepared of its {n:count} versions goes, too. The edits stay, and so do the versions' lists: "
                "they are there again once the images are imported again.",
                saved,
            )
        )
    if runs := lab.runs_on(source):
        words.append(
            ngettext(
                "{n:count} run was trained on it. It keeps its weights and figures; to resume or measure it, or to "
                "draw for it, the images have to be imported again.",
                "{n:count} runs were trained on it. They keep their weights and figures; to resume or measure them, or "
                "to draw for them, the images have to be imported again.",
                len(runs),
            )
        )
    ask(_("Remove this import?"), words, yes=_("Remove"), no=_("Keep it"), key="remove", act=remove)
