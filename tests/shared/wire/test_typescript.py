"""The page's types are the API's."""

from shared.wire import typescript


def test_the_page_has_the_types_of_today() -> None:
    assert typescript.PATH.read_text() == typescript.declarations(), (
        "a model changed: call `python -m shared.wire.typescript`"
    )


def test_what_an_answer_holds_is_all_there_and_what_is_sent_may_be_left_out() -> None:
    text = typescript.declarations()
    assert "export interface Schedule {\n  enabled: boolean;" in text
    assert "export interface ScheduleBody {\n  enabled?: boolean;" in text


def test_choices_have_the_names_of_the_models() -> None:
    text = typescript.declarations()
    assert 'export type DecisionKey = "approve" | "reject" | "rejectAndRevert";' in text
    assert "status: StatusKey;" in text
    assert "outcome: OutcomeKey | null;" in text
