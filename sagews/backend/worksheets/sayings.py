"""What runs in a worksheet as events for those who have it open. Thinking only, no I/O."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from sagews.backend.worksheets.minutes import LATE
from sagews.database.evaluations import ENDED
from sagews.database.running import News, Standing, Told
from sagews.database.worksheet_sessions import READY
from sagews.protocol import sagews_pb2 as pb

NONE, BUSY = "none", "busy"


def runs_event(worksheet: str, news: News) -> pb.Event:
    """Return the event that tells all there is."""
    event = pb.Event()
    said = event.worksheet_runs
    said.worksheet = worksheet
    said.session.CopyFrom(session_of(worksheet, news))
    said.evaluations.extend(_evaluation(worksheet, each) for each in news.standings)
    return event


def session_of(worksheet: str, news: News) -> pb.WorksheetSession:
    """Return how the session of a worksheet stands."""
    said = pb.WorksheetSession(worksheet=worksheet, state=NONE)
    if (row := news.session) is not None and (row.session or row.state != ENDED or row.reason):
        said.state = BUSY if row.state == READY and news.is_busy else row.state
        said.reason, said.text, said.environment = row.reason, row.text, row.environment
    return said


def sayings(worksheet: str, news: News) -> Iterator[pb.Event]:
    """Yield events of what is new: what has begun, outputs, and then what has ended."""
    yield from (standing_event(worksheet, each) for each in news.standings if each.state != ENDED)
    for evaluation, those in groupby(news.outputs, key=lambda each: each.evaluation):
        yield outputs_event(worksheet, evaluation, list(those))
    yield from (standing_event(worksheet, each) for each in news.standings if each.state == ENDED)


def standing_event(worksheet: str, standing: Standing) -> pb.Event:
    """Return the event that tells how an evaluation stands."""
    return pb.Event(cell_evaluation=_evaluation(worksheet, standing))


def outputs_event(worksheet: str, evaluation: str, outputs: Sequence[Told], *, more: bool = False) -> pb.Event:
    """Return the event that has these outputs of an evaluation."""
    event = pb.Event()
    said = event.cell_outputs
    said.worksheet, said.evaluation, said.more = worksheet, evaluation, more
    for each in outputs:
        output = said.outputs.add(sequence=each.sequence, kind=each.kind.removeprefix(LATE))
        output.late = each.kind.startswith(LATE)
        if each.body is None:
            output.large = each.size
        else:
            output.body = each.body
    return event


def _evaluation(worksheet: str, standing: Standing) -> pb.CellEvaluation:
    return pb.CellEvaluation(
        worksheet=worksheet,
        evaluation=standing.id,
        cell=standing.cell,
        ordinal=standing.ordinal,
        state=standing.state,
        reason=standing.reason,
        text=standing.text,
        source_hash=standing.source_hash,
        begun=standing.begun or 0.0,
        ended=standing.ended or 0.0,
        outputs_count=standing.count,
        bytes=standing.size,
    )
