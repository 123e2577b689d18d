"""What a person does with a run apart from training it: rename, tag, note, delete."""

import streamlit as st

from core.locale import _
from core.runs.lab import Lab
from core.runs.naming import MAX_NAME_CHARS, MAX_NOTES_CHARS, MAX_TAG_CHARS, MAX_TAGS
from core.runs.store import Run
from pages.components import frame
from pages.components.asking import ask
from pages.components.markdown import escape_markdown


def manage_run(run: Run, lab: Lab) -> None:
    """Drawn while its fold is open."""
    fold = st.expander(_("Name, tags and notes"), icon=":material/edit:", on_change="rerun", key=f"manage-{run.id}")
    if not fold.open:
        return
    with fold:
        details_form(run, lab)
        if st.button(
            _("Delete this run"),
            icon=":material/delete:",
            key=f"delete-{run.id}",
            disabled=run.state == "running",
            help=_("Cancel it first.") if run.state == "running" else None,
        ):
            ask_to_delete(run, lab)


def details_form(run: Run, lab: Lab) -> None:
    """Only what was changed here is saved: another tab may have changed the rest."""
    session = st.session_state
    now = {"name": run.name, "tags": ", ".join(run.tags), "notes": run.notes}
    keys = {field: f"{field}-{run.id}-{session.setdefault('about_saved', 0)}" for field in now}
    if keys["name"] not in session:  # new text fields
        session["about_shown"] = now
        session.update({keys[field]: words for field, words in now.items()})
    with st.form(f"about-{run.id}", border=False):
        st.text_input(_("Name"), key=keys["name"], max_chars=MAX_NAME_CHARS)
        st.text_input(_("Tags, with commas between"), key=keys["tags"], max_chars=MAX_TAGS * MAX_TAG_CHARS)
        st.text_area(_("Notes"), key=keys["notes"], max_chars=MAX_NOTES_CHARS)
        if st.form_submit_button(_("Save"), icon=":material/save:"):
            with frame.show_problems():
                new = {
                    field: session[key] for field, key in keys.items() if session[key] != session["about_shown"][field]
                }
                if "name" in new:
                    lab.rename(run.id, new["name"])
                lab.annotate(run.id, tags=new["tags"].split(",") if "tags" in new else None, notes=new.get("notes"))
                session["about_saved"] += 1
                st.toast(_("Saved"), icon=":material/check:")
                st.rerun()


def ask_to_delete(run: Run, lab: Lab) -> None:
    def delete() -> None:
        lab.delete(run.id)
        st.query_params.pop("run", None)

    words = _(
        "**{run}** goes for good: its row in every list, the numbers behind its curves, its checkpoints, and its "
        "log. The data set stays.",
        run=escape_markdown(run.name),
    )
    ask(_("Delete this run?"), [words], yes=_("Delete"), no=_("Keep it"), key="delete", act=delete)
