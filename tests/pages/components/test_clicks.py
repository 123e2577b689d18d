"""What a browser sent is taken over, though a newer request waits. tests/browser/test_road.py clicks twice."""

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.runtime.state.session_state import SessionState

from pages.components import clicks


class NewerRequest(Exception):
    """What Streamlit raises where it finds that one waits."""


def newer_request_waits() -> None:
    raise NewerRequest


def test_a_click_is_taken_over_though_a_newer_request_waits() -> None:
    clicks.guard()
    session = SafeSessionState(SessionState(), newer_request_waits)
    session.on_script_will_rerun(WidgetStates(widgets=[WidgetState(id="start", trigger_value=True)]))
    assert [state.id for state in session.get_widget_states()] == ["start"]
    with pytest.raises(NewerRequest):  # Streamlit goes on asking elsewhere
        session["name"]
