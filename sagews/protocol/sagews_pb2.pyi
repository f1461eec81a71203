from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LinkRole(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LINK_ROLE_UNSPECIFIED: _ClassVar[LinkRole]
    LINK_ROLE_SESSION: _ClassVar[LinkRole]
    LINK_ROLE_CONTROL: _ClassVar[LinkRole]

class InterruptScope(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INTERRUPT_SCOPE_UNSPECIFIED: _ClassVar[InterruptScope]
    INTERRUPT_SCOPE_EVALUATIONS: _ClassVar[InterruptScope]
    INTERRUPT_SCOPE_CALLBACK: _ClassVar[InterruptScope]

class CommKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COMM_KIND_UNSPECIFIED: _ClassVar[CommKind]
    COMM_KIND_OPEN: _ClassVar[CommKind]
    COMM_KIND_MESSAGE: _ClassVar[CommKind]
    COMM_KIND_CLOSE: _ClassVar[CommKind]

class FailureCode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FAILURE_CODE_UNSPECIFIED: _ClassVar[FailureCode]
    FAILURE_CODE_BAD_MESSAGE: _ClassVar[FailureCode]
    FAILURE_CODE_UNKNOWN_KIND: _ClassVar[FailureCode]
    FAILURE_CODE_OUT_OF_ORDER: _ClassVar[FailureCode]
    FAILURE_CODE_TOO_LARGE: _ClassVar[FailureCode]
    FAILURE_CODE_UNKNOWN_SESSION: _ClassVar[FailureCode]
    FAILURE_CODE_WRONG_TOKEN: _ClassVar[FailureCode]
    FAILURE_CODE_UNKNOWN_ENVIRONMENT: _ClassVar[FailureCode]
    FAILURE_CODE_FULL: _ClassVar[FailureCode]
    FAILURE_CODE_DRAINING: _ClassVar[FailureCode]
    FAILURE_CODE_UNAVAILABLE: _ClassVar[FailureCode]
    FAILURE_CODE_INTERNAL: _ClassVar[FailureCode]
    FAILURE_CODE_WRONG_TICKET: _ClassVar[FailureCode]
    FAILURE_CODE_TOO_MANY: _ClassVar[FailureCode]
    FAILURE_CODE_UNKNOWN_EVALUATION: _ClassVar[FailureCode]
    FAILURE_CODE_UNKNOWN_FILE: _ClassVar[FailureCode]
    FAILURE_CODE_UNUSABLE_FILE: _ClassVar[FailureCode]
    FAILURE_CODE_FILE_CHANGED: _ClassVar[FailureCode]
    FAILURE_CODE_NO_SPACE: _ClassVar[FailureCode]
    FAILURE_CODE_FILE_EXISTS: _ClassVar[FailureCode]
    FAILURE_CODE_UNKNOWN_WORKSHEET: _ClassVar[FailureCode]
    FAILURE_CODE_OTHER_EPOCH: _ClassVar[FailureCode]
    FAILURE_CODE_MISSING_UPDATES: _ClassVar[FailureCode]
    FAILURE_CODE_BAD_UPDATE: _ClassVar[FailureCode]
    FAILURE_CODE_FORBIDDEN: _ClassVar[FailureCode]

class OutputKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OUTPUT_KIND_UNSPECIFIED: _ClassVar[OutputKind]
    OUTPUT_KIND_STREAM: _ClassVar[OutputKind]
    OUTPUT_KIND_DISPLAY_DATA: _ClassVar[OutputKind]
    OUTPUT_KIND_UPDATE_DISPLAY_DATA: _ClassVar[OutputKind]
    OUTPUT_KIND_EXECUTE_RESULT: _ClassVar[OutputKind]
    OUTPUT_KIND_ERROR: _ClassVar[OutputKind]
    OUTPUT_KIND_CLEAR_OUTPUT: _ClassVar[OutputKind]
    OUTPUT_KIND_INPUT_REQUEST: _ClassVar[OutputKind]
    OUTPUT_KIND_COMM_OPEN: _ClassVar[OutputKind]
    OUTPUT_KIND_COMM_MSG: _ClassVar[OutputKind]
    OUTPUT_KIND_COMM_CLOSE: _ClassVar[OutputKind]
    OUTPUT_KIND_EXPRESSIONS: _ClassVar[OutputKind]

class Unrepeatable(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    UNREPEATABLE_UNSPECIFIED: _ClassVar[Unrepeatable]
    UNREPEATABLE_CLOCK: _ClassVar[Unrepeatable]
    UNREPEATABLE_RANDOM: _ClassVar[Unrepeatable]
    UNREPEATABLE_NETWORK: _ClassVar[Unrepeatable]
    UNREPEATABLE_INPUT: _ClassVar[Unrepeatable]
    UNREPEATABLE_PROCESS: _ClassVar[Unrepeatable]
    UNREPEATABLE_FILES: _ClassVar[Unrepeatable]
    UNREPEATABLE_FOREIGN_CODE: _ClassVar[Unrepeatable]
    UNREPEATABLE_LATE: _ClassVar[Unrepeatable]

class EvaluationReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EVALUATION_REASON_UNSPECIFIED: _ClassVar[EvaluationReason]
    EVALUATION_REASON_DONE: _ClassVar[EvaluationReason]
    EVALUATION_REASON_ERROR: _ClassVar[EvaluationReason]
    EVALUATION_REASON_INTERRUPTED: _ClassVar[EvaluationReason]
    EVALUATION_REASON_NOT_RUN: _ClassVar[EvaluationReason]
    EVALUATION_REASON_WALL_TIME: _ClassVar[EvaluationReason]
    EVALUATION_REASON_CPU_TIME: _ClassVar[EvaluationReason]
    EVALUATION_REASON_OUTPUT: _ClassVar[EvaluationReason]
    EVALUATION_REASON_EVENT_RATE: _ClassVar[EvaluationReason]
    EVALUATION_REASON_REPLACED: _ClassVar[EvaluationReason]
    EVALUATION_REASON_REFUSED: _ClassVar[EvaluationReason]
    EVALUATION_REASON_SESSION_ENDED: _ClassVar[EvaluationReason]

class SessionReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SESSION_REASON_UNSPECIFIED: _ClassVar[SessionReason]
    SESSION_REASON_CLOSED: _ClassVar[SessionReason]
    SESSION_REASON_IDLE: _ClassVar[SessionReason]
    SESSION_REASON_LIFETIME: _ClassVar[SessionReason]
    SESSION_REASON_MEMORY: _ClassVar[SessionReason]
    SESSION_REASON_CPU_TIME: _ClassVar[SessionReason]
    SESSION_REASON_PROCESSES: _ClassVar[SessionReason]
    SESSION_REASON_DISK: _ClassVar[SessionReason]
    SESSION_REASON_EXITED: _ClassVar[SessionReason]
    SESSION_REASON_KILLED: _ClassVar[SessionReason]
    SESSION_REASON_WORKER_LOST: _ClassVar[SessionReason]
    SESSION_REASON_DRAINED: _ClassVar[SessionReason]
    SESSION_REASON_SHUTDOWN: _ClassVar[SessionReason]
    SESSION_REASON_ABANDONED: _ClassVar[SessionReason]

class FileKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FILE_KIND_UNSPECIFIED: _ClassVar[FileKind]
    FILE_KIND_FILE: _ClassVar[FileKind]
    FILE_KIND_DIRECTORY: _ClassVar[FileKind]
    FILE_KIND_LINK: _ClassVar[FileKind]
    FILE_KIND_OTHER: _ClassVar[FileKind]

class WorkerState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WORKER_STATE_UNSPECIFIED: _ClassVar[WorkerState]
    WORKER_STATE_READY: _ClassVar[WorkerState]
    WORKER_STATE_FULL: _ClassVar[WorkerState]
    WORKER_STATE_DRAINING: _ClassVar[WorkerState]
    WORKER_STATE_STOPPING: _ClassVar[WorkerState]

class FinishedStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FINISHED_STATUS_UNSPECIFIED: _ClassVar[FinishedStatus]
    FINISHED_STATUS_OK: _ClassVar[FinishedStatus]
    FINISHED_STATUS_ERROR: _ClassVar[FinishedStatus]
    FINISHED_STATUS_INTERRUPTED: _ClassVar[FinishedStatus]

class WorksheetRole(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WORKSHEET_ROLE_UNSPECIFIED: _ClassVar[WorksheetRole]
    WORKSHEET_ROLE_VIEWER: _ClassVar[WorksheetRole]
    WORKSHEET_ROLE_EDITOR: _ClassVar[WorksheetRole]
    WORKSHEET_ROLE_OWNER: _ClassVar[WorksheetRole]

class WorksheetReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WORKSHEET_REASON_UNSPECIFIED: _ClassVar[WorksheetReason]
    WORKSHEET_REASON_OTHER_EPOCH: _ClassVar[WorksheetReason]
    WORKSHEET_REASON_RIGHTS: _ClassVar[WorksheetReason]
    WORKSHEET_REASON_FAULT: _ClassVar[WorksheetReason]
LINK_ROLE_UNSPECIFIED: LinkRole
LINK_ROLE_SESSION: LinkRole
LINK_ROLE_CONTROL: LinkRole
INTERRUPT_SCOPE_UNSPECIFIED: InterruptScope
INTERRUPT_SCOPE_EVALUATIONS: InterruptScope
INTERRUPT_SCOPE_CALLBACK: InterruptScope
COMM_KIND_UNSPECIFIED: CommKind
COMM_KIND_OPEN: CommKind
COMM_KIND_MESSAGE: CommKind
COMM_KIND_CLOSE: CommKind
FAILURE_CODE_UNSPECIFIED: FailureCode
FAILURE_CODE_BAD_MESSAGE: FailureCode
FAILURE_CODE_UNKNOWN_KIND: FailureCode
FAILURE_CODE_OUT_OF_ORDER: FailureCode
FAILURE_CODE_TOO_LARGE: FailureCode
FAILURE_CODE_UNKNOWN_SESSION: FailureCode
FAILURE_CODE_WRONG_TOKEN: FailureCode
FAILURE_CODE_UNKNOWN_ENVIRONMENT: FailureCode
FAILURE_CODE_FULL: FailureCode
FAILURE_CODE_DRAINING: FailureCode
FAILURE_CODE_UNAVAILABLE: FailureCode
FAILURE_CODE_INTERNAL: FailureCode
FAILURE_CODE_WRONG_TICKET: FailureCode
FAILURE_CODE_TOO_MANY: FailureCode
FAILURE_CODE_UNKNOWN_EVALUATION: FailureCode
FAILURE_CODE_UNKNOWN_FILE: FailureCode
FAILURE_CODE_UNUSABLE_FILE: FailureCode
FAILURE_CODE_FILE_CHANGED: FailureCode
FAILURE_CODE_NO_SPACE: FailureCode
FAILURE_CODE_FILE_EXISTS: FailureCode
FAILURE_CODE_UNKNOWN_WORKSHEET: FailureCode
FAILURE_CODE_OTHER_EPOCH: FailureCode
FAILURE_CODE_MISSING_UPDATES: FailureCode
FAILURE_CODE_BAD_UPDATE: FailureCode
FAILURE_CODE_FORBIDDEN: FailureCode
OUTPUT_KIND_UNSPECIFIED: OutputKind
OUTPUT_KIND_STREAM: OutputKind
OUTPUT_KIND_DISPLAY_DATA: OutputKind
OUTPUT_KIND_UPDATE_DISPLAY_DATA: OutputKind
OUTPUT_KIND_EXECUTE_RESULT: OutputKind
OUTPUT_KIND_ERROR: OutputKind
OUTPUT_KIND_CLEAR_OUTPUT: OutputKind
OUTPUT_KIND_INPUT_REQUEST: OutputKind
OUTPUT_KIND_COMM_OPEN: OutputKind
OUTPUT_KIND_COMM_MSG: OutputKind
OUTPUT_KIND_COMM_CLOSE: OutputKind
OUTPUT_KIND_EXPRESSIONS: OutputKind
UNREPEATABLE_UNSPECIFIED: Unrepeatable
UNREPEATABLE_CLOCK: Unrepeatable
UNREPEATABLE_RANDOM: Unrepeatable
UNREPEATABLE_NETWORK: Unrepeatable
UNREPEATABLE_INPUT: Unrepeatable
UNREPEATABLE_PROCESS: Unrepeatable
UNREPEATABLE_FILES: Unrepeatable
UNREPEATABLE_FOREIGN_CODE: Unrepeatable
UNREPEATABLE_LATE: Unrepeatable
EVALUATION_REASON_UNSPECIFIED: EvaluationReason
EVALUATION_REASON_DONE: EvaluationReason
EVALUATION_REASON_ERROR: EvaluationReason
EVALUATION_REASON_INTERRUPTED: EvaluationReason
EVALUATION_REASON_NOT_RUN: EvaluationReason
EVALUATION_REASON_WALL_TIME: EvaluationReason
EVALUATION_REASON_CPU_TIME: EvaluationReason
EVALUATION_REASON_OUTPUT: EvaluationReason
EVALUATION_REASON_EVENT_RATE: EvaluationReason
EVALUATION_REASON_REPLACED: EvaluationReason
EVALUATION_REASON_REFUSED: EvaluationReason
EVALUATION_REASON_SESSION_ENDED: EvaluationReason
SESSION_REASON_UNSPECIFIED: SessionReason
SESSION_REASON_CLOSED: SessionReason
SESSION_REASON_IDLE: SessionReason
SESSION_REASON_LIFETIME: SessionReason
SESSION_REASON_MEMORY: SessionReason
SESSION_REASON_CPU_TIME: SessionReason
SESSION_REASON_PROCESSES: SessionReason
SESSION_REASON_DISK: SessionReason
SESSION_REASON_EXITED: SessionReason
SESSION_REASON_KILLED: SessionReason
SESSION_REASON_WORKER_LOST: SessionReason
SESSION_REASON_DRAINED: SessionReason
SESSION_REASON_SHUTDOWN: SessionReason
SESSION_REASON_ABANDONED: SessionReason
FILE_KIND_UNSPECIFIED: FileKind
FILE_KIND_FILE: FileKind
FILE_KIND_DIRECTORY: FileKind
FILE_KIND_LINK: FileKind
FILE_KIND_OTHER: FileKind
WORKER_STATE_UNSPECIFIED: WorkerState
WORKER_STATE_READY: WorkerState
WORKER_STATE_FULL: WorkerState
WORKER_STATE_DRAINING: WorkerState
WORKER_STATE_STOPPING: WorkerState
FINISHED_STATUS_UNSPECIFIED: FinishedStatus
FINISHED_STATUS_OK: FinishedStatus
FINISHED_STATUS_ERROR: FinishedStatus
FINISHED_STATUS_INTERRUPTED: FinishedStatus
WORKSHEET_ROLE_UNSPECIFIED: WorksheetRole
WORKSHEET_ROLE_VIEWER: WorksheetRole
WORKSHEET_ROLE_EDITOR: WorksheetRole
WORKSHEET_ROLE_OWNER: WorksheetRole
WORKSHEET_REASON_UNSPECIFIED: WorksheetReason
WORKSHEET_REASON_OTHER_EPOCH: WorksheetReason
WORKSHEET_REASON_RIGHTS: WorksheetReason
WORKSHEET_REASON_FAULT: WorksheetReason

class Request(_message.Message):
    __slots__ = ("id", "session", "hello", "open", "attach", "detach", "evaluate", "interrupt", "input_reply", "complete", "inspect", "comm_message", "close", "put_file", "get_file", "list_files", "run", "withdraw", "open_worksheet", "edit_worksheet", "close_worksheet", "show_presence", "evaluate_cell", "interrupt_worksheet", "restart_worksheet", "answer_input", "complete_in_worksheet", "inspect_in_worksheet", "get_outputs", "clear_outputs", "follow_comms", "comm_in_worksheet", "put_files", "scan_files", "list_session_files", "get_session_file", "save_session_files", "update_session_files")
    ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    HELLO_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    ATTACH_FIELD_NUMBER: _ClassVar[int]
    DETACH_FIELD_NUMBER: _ClassVar[int]
    EVALUATE_FIELD_NUMBER: _ClassVar[int]
    INTERRUPT_FIELD_NUMBER: _ClassVar[int]
    INPUT_REPLY_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    INSPECT_FIELD_NUMBER: _ClassVar[int]
    COMM_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    CLOSE_FIELD_NUMBER: _ClassVar[int]
    PUT_FILE_FIELD_NUMBER: _ClassVar[int]
    GET_FILE_FIELD_NUMBER: _ClassVar[int]
    LIST_FILES_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    WITHDRAW_FIELD_NUMBER: _ClassVar[int]
    OPEN_WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    EDIT_WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    CLOSE_WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    SHOW_PRESENCE_FIELD_NUMBER: _ClassVar[int]
    EVALUATE_CELL_FIELD_NUMBER: _ClassVar[int]
    INTERRUPT_WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    RESTART_WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    ANSWER_INPUT_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_IN_WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    INSPECT_IN_WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    GET_OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    CLEAR_OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    FOLLOW_COMMS_FIELD_NUMBER: _ClassVar[int]
    COMM_IN_WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    PUT_FILES_FIELD_NUMBER: _ClassVar[int]
    SCAN_FILES_FIELD_NUMBER: _ClassVar[int]
    LIST_SESSION_FILES_FIELD_NUMBER: _ClassVar[int]
    GET_SESSION_FILE_FIELD_NUMBER: _ClassVar[int]
    SAVE_SESSION_FILES_FIELD_NUMBER: _ClassVar[int]
    UPDATE_SESSION_FILES_FIELD_NUMBER: _ClassVar[int]
    id: int
    session: str
    hello: Hello
    open: Open
    attach: Attach
    detach: Detach
    evaluate: Evaluate
    interrupt: Interrupt
    input_reply: InputReply
    complete: Complete
    inspect: Inspect
    comm_message: CommMessage
    close: Close
    put_file: PutFile
    get_file: GetFile
    list_files: ListFiles
    run: Run
    withdraw: Withdraw
    open_worksheet: OpenWorksheet
    edit_worksheet: EditWorksheet
    close_worksheet: CloseWorksheet
    show_presence: ShowPresence
    evaluate_cell: EvaluateCell
    interrupt_worksheet: InterruptWorksheet
    restart_worksheet: RestartWorksheet
    answer_input: AnswerInput
    complete_in_worksheet: CompleteInWorksheet
    inspect_in_worksheet: InspectInWorksheet
    get_outputs: GetOutputs
    clear_outputs: ClearOutputs
    follow_comms: FollowComms
    comm_in_worksheet: CommInWorksheet
    put_files: PutFiles
    scan_files: ScanFiles
    list_session_files: ListSessionFiles
    get_session_file: GetSessionFile
    save_session_files: SaveSessionFiles
    update_session_files: UpdateSessionFiles
    def __init__(self, id: _Optional[int] = ..., session: _Optional[str] = ..., hello: _Optional[_Union[Hello, _Mapping]] = ..., open: _Optional[_Union[Open, _Mapping]] = ..., attach: _Optional[_Union[Attach, _Mapping]] = ..., detach: _Optional[_Union[Detach, _Mapping]] = ..., evaluate: _Optional[_Union[Evaluate, _Mapping]] = ..., interrupt: _Optional[_Union[Interrupt, _Mapping]] = ..., input_reply: _Optional[_Union[InputReply, _Mapping]] = ..., complete: _Optional[_Union[Complete, _Mapping]] = ..., inspect: _Optional[_Union[Inspect, _Mapping]] = ..., comm_message: _Optional[_Union[CommMessage, _Mapping]] = ..., close: _Optional[_Union[Close, _Mapping]] = ..., put_file: _Optional[_Union[PutFile, _Mapping]] = ..., get_file: _Optional[_Union[GetFile, _Mapping]] = ..., list_files: _Optional[_Union[ListFiles, _Mapping]] = ..., run: _Optional[_Union[Run, _Mapping]] = ..., withdraw: _Optional[_Union[Withdraw, _Mapping]] = ..., open_worksheet: _Optional[_Union[OpenWorksheet, _Mapping]] = ..., edit_worksheet: _Optional[_Union[EditWorksheet, _Mapping]] = ..., close_worksheet: _Optional[_Union[CloseWorksheet, _Mapping]] = ..., show_presence: _Optional[_Union[ShowPresence, _Mapping]] = ..., evaluate_cell: _Optional[_Union[EvaluateCell, _Mapping]] = ..., interrupt_worksheet: _Optional[_Union[InterruptWorksheet, _Mapping]] = ..., restart_worksheet: _Optional[_Union[RestartWorksheet, _Mapping]] = ..., answer_input: _Optional[_Union[AnswerInput, _Mapping]] = ..., complete_in_worksheet: _Optional[_Union[CompleteInWorksheet, _Mapping]] = ..., inspect_in_worksheet: _Optional[_Union[InspectInWorksheet, _Mapping]] = ..., get_outputs: _Optional[_Union[GetOutputs, _Mapping]] = ..., clear_outputs: _Optional[_Union[ClearOutputs, _Mapping]] = ..., follow_comms: _Optional[_Union[FollowComms, _Mapping]] = ..., comm_in_worksheet: _Optional[_Union[CommInWorksheet, _Mapping]] = ..., put_files: _Optional[_Union[PutFiles, _Mapping]] = ..., scan_files: _Optional[_Union[ScanFiles, _Mapping]] = ..., list_session_files: _Optional[_Union[ListSessionFiles, _Mapping]] = ..., get_session_file: _Optional[_Union[GetSessionFile, _Mapping]] = ..., save_session_files: _Optional[_Union[SaveSessionFiles, _Mapping]] = ..., update_session_files: _Optional[_Union[UpdateSessionFiles, _Mapping]] = ...) -> None: ...

class Hello(_message.Message):
    __slots__ = ("version", "token", "role", "backend", "ticket")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    BACKEND_FIELD_NUMBER: _ClassVar[int]
    TICKET_FIELD_NUMBER: _ClassVar[int]
    version: int
    token: bytes
    role: LinkRole
    backend: str
    ticket: str
    def __init__(self, version: _Optional[int] = ..., token: _Optional[bytes] = ..., role: _Optional[_Union[LinkRole, str]] = ..., backend: _Optional[str] = ..., ticket: _Optional[str] = ...) -> None: ...

class Open(_message.Message):
    __slots__ = ("environment", "limits", "reader", "most_sessions", "sessions_elsewhere")
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    READER_FIELD_NUMBER: _ClassVar[int]
    MOST_SESSIONS_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_ELSEWHERE_FIELD_NUMBER: _ClassVar[int]
    environment: str
    limits: Limits
    reader: str
    most_sessions: int
    sessions_elsewhere: int
    def __init__(self, environment: _Optional[str] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., reader: _Optional[str] = ..., most_sessions: _Optional[int] = ..., sessions_elsewhere: _Optional[int] = ...) -> None: ...

class Attach(_message.Message):
    __slots__ = ("session", "token", "after_sequence")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    session: str
    token: str
    after_sequence: int
    def __init__(self, session: _Optional[str] = ..., token: _Optional[str] = ..., after_sequence: _Optional[int] = ...) -> None: ...

class Detach(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Evaluate(_message.Message):
    __slots__ = ("evaluation", "cell", "code", "without_input", "limits", "watched", "language", "expressions")
    class ExpressionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    CELL_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    WITHOUT_INPUT_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    WATCHED_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    EXPRESSIONS_FIELD_NUMBER: _ClassVar[int]
    evaluation: str
    cell: str
    code: str
    without_input: bool
    limits: Limits
    watched: bool
    language: str
    expressions: _containers.ScalarMap[str, str]
    def __init__(self, evaluation: _Optional[str] = ..., cell: _Optional[str] = ..., code: _Optional[str] = ..., without_input: _Optional[bool] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., watched: _Optional[bool] = ..., language: _Optional[str] = ..., expressions: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Run(_message.Message):
    __slots__ = ("evaluation", "environment", "code", "cell", "limits", "fresh", "after_sequence", "attempt", "join", "language", "expressions")
    class ExpressionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    CELL_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    FRESH_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    JOIN_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    EXPRESSIONS_FIELD_NUMBER: _ClassVar[int]
    evaluation: str
    environment: str
    code: str
    cell: str
    limits: Limits
    fresh: bool
    after_sequence: int
    attempt: str
    join: bool
    language: str
    expressions: _containers.ScalarMap[str, str]
    def __init__(self, evaluation: _Optional[str] = ..., environment: _Optional[str] = ..., code: _Optional[str] = ..., cell: _Optional[str] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., fresh: _Optional[bool] = ..., after_sequence: _Optional[int] = ..., attempt: _Optional[str] = ..., join: _Optional[bool] = ..., language: _Optional[str] = ..., expressions: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Withdraw(_message.Message):
    __slots__ = ("request",)
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    request: int
    def __init__(self, request: _Optional[int] = ...) -> None: ...

class Interrupt(_message.Message):
    __slots__ = ("evaluation", "scope")
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    evaluation: str
    scope: InterruptScope
    def __init__(self, evaluation: _Optional[str] = ..., scope: _Optional[_Union[InterruptScope, str]] = ...) -> None: ...

class InputReply(_message.Message):
    __slots__ = ("sequence", "text")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    text: str
    def __init__(self, sequence: _Optional[int] = ..., text: _Optional[str] = ...) -> None: ...

class Complete(_message.Message):
    __slots__ = ("code", "cursor")
    CODE_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    code: str
    cursor: int
    def __init__(self, code: _Optional[str] = ..., cursor: _Optional[int] = ...) -> None: ...

class Inspect(_message.Message):
    __slots__ = ("code", "cursor", "detail")
    CODE_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    code: str
    cursor: int
    detail: int
    def __init__(self, code: _Optional[str] = ..., cursor: _Optional[int] = ..., detail: _Optional[int] = ...) -> None: ...

class CommMessage(_message.Message):
    __slots__ = ("kind", "body", "buffers", "evaluation")
    KIND_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    BUFFERS_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    kind: CommKind
    body: bytes
    buffers: _containers.RepeatedScalarFieldContainer[bytes]
    evaluation: str
    def __init__(self, kind: _Optional[_Union[CommKind, str]] = ..., body: _Optional[bytes] = ..., buffers: _Optional[_Iterable[bytes]] = ..., evaluation: _Optional[str] = ...) -> None: ...

class Close(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class PutFile(_message.Message):
    __slots__ = ("path", "upload", "offset", "piece", "last", "only_new", "abandon", "with_folders")
    PATH_FIELD_NUMBER: _ClassVar[int]
    UPLOAD_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    PIECE_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    ONLY_NEW_FIELD_NUMBER: _ClassVar[int]
    ABANDON_FIELD_NUMBER: _ClassVar[int]
    WITH_FOLDERS_FIELD_NUMBER: _ClassVar[int]
    path: bytes
    upload: str
    offset: int
    piece: bytes
    last: bool
    only_new: bool
    abandon: bool
    with_folders: bool
    def __init__(self, path: _Optional[bytes] = ..., upload: _Optional[str] = ..., offset: _Optional[int] = ..., piece: _Optional[bytes] = ..., last: _Optional[bool] = ..., only_new: _Optional[bool] = ..., abandon: _Optional[bool] = ..., with_folders: _Optional[bool] = ...) -> None: ...

class PutFiles(_message.Message):
    __slots__ = ("files", "enter", "enters")
    FILES_FIELD_NUMBER: _ClassVar[int]
    ENTER_FIELD_NUMBER: _ClassVar[int]
    ENTERS_FIELD_NUMBER: _ClassVar[int]
    files: _containers.RepeatedCompositeFieldContainer[WholeFile]
    enter: bytes
    enters: bool
    def __init__(self, files: _Optional[_Iterable[_Union[WholeFile, _Mapping]]] = ..., enter: _Optional[bytes] = ..., enters: _Optional[bool] = ...) -> None: ...

class WholeFile(_message.Message):
    __slots__ = ("path", "content", "before", "removed")
    PATH_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    path: bytes
    content: bytes
    before: bytes
    removed: bool
    def __init__(self, path: _Optional[bytes] = ..., content: _Optional[bytes] = ..., before: _Optional[bytes] = ..., removed: _Optional[bool] = ...) -> None: ...

class ScanFiles(_message.Message):
    __slots__ = ("after",)
    AFTER_FIELD_NUMBER: _ClassVar[int]
    after: bytes
    def __init__(self, after: _Optional[bytes] = ...) -> None: ...

class GetFile(_message.Message):
    __slots__ = ("path", "offset", "size", "version")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    path: bytes
    offset: int
    size: int
    version: bytes
    def __init__(self, path: _Optional[bytes] = ..., offset: _Optional[int] = ..., size: _Optional[int] = ..., version: _Optional[bytes] = ...) -> None: ...

class ListFiles(_message.Message):
    __slots__ = ("path",)
    PATH_FIELD_NUMBER: _ClassVar[int]
    path: bytes
    def __init__(self, path: _Optional[bytes] = ...) -> None: ...

class OpenWorksheet(_message.Message):
    __slots__ = ("workspace", "path", "link", "epoch", "state")
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    LINK_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    workspace: str
    path: str
    link: str
    epoch: str
    state: bytes
    def __init__(self, workspace: _Optional[str] = ..., path: _Optional[str] = ..., link: _Optional[str] = ..., epoch: _Optional[str] = ..., state: _Optional[bytes] = ...) -> None: ...

class EditWorksheet(_message.Message):
    __slots__ = ("worksheet", "epoch", "sender", "clock", "update")
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    UPDATE_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    epoch: str
    sender: str
    clock: int
    update: bytes
    def __init__(self, worksheet: _Optional[str] = ..., epoch: _Optional[str] = ..., sender: _Optional[str] = ..., clock: _Optional[int] = ..., update: _Optional[bytes] = ...) -> None: ...

class CloseWorksheet(_message.Message):
    __slots__ = ("worksheet",)
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    def __init__(self, worksheet: _Optional[str] = ...) -> None: ...

class ShowPresence(_message.Message):
    __slots__ = ("worksheet", "presence")
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    PRESENCE_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    presence: str
    def __init__(self, worksheet: _Optional[str] = ..., presence: _Optional[str] = ...) -> None: ...

class EvaluateCell(_message.Message):
    __slots__ = ("worksheet", "evaluation", "cell", "code")
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    CELL_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    evaluation: str
    cell: str
    code: str
    def __init__(self, worksheet: _Optional[str] = ..., evaluation: _Optional[str] = ..., cell: _Optional[str] = ..., code: _Optional[str] = ...) -> None: ...

class InterruptWorksheet(_message.Message):
    __slots__ = ("worksheet", "scope")
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    scope: InterruptScope
    def __init__(self, worksheet: _Optional[str] = ..., scope: _Optional[_Union[InterruptScope, str]] = ...) -> None: ...

class RestartWorksheet(_message.Message):
    __slots__ = ("worksheet",)
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    def __init__(self, worksheet: _Optional[str] = ...) -> None: ...

class AnswerInput(_message.Message):
    __slots__ = ("worksheet", "evaluation", "sequence", "text")
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    evaluation: str
    sequence: int
    text: str
    def __init__(self, worksheet: _Optional[str] = ..., evaluation: _Optional[str] = ..., sequence: _Optional[int] = ..., text: _Optional[str] = ...) -> None: ...

class CompleteInWorksheet(_message.Message):
    __slots__ = ("worksheet", "code", "cursor")
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    code: str
    cursor: int
    def __init__(self, worksheet: _Optional[str] = ..., code: _Optional[str] = ..., cursor: _Optional[int] = ...) -> None: ...

class InspectInWorksheet(_message.Message):
    __slots__ = ("worksheet", "code", "cursor", "detail")
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    code: str
    cursor: int
    detail: int
    def __init__(self, worksheet: _Optional[str] = ..., code: _Optional[str] = ..., cursor: _Optional[int] = ..., detail: _Optional[int] = ...) -> None: ...

class GetOutputs(_message.Message):
    __slots__ = ("worksheet", "evaluation", "after", "whole")
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    WHOLE_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    evaluation: str
    after: int
    whole: bool
    def __init__(self, worksheet: _Optional[str] = ..., evaluation: _Optional[str] = ..., after: _Optional[int] = ..., whole: _Optional[bool] = ...) -> None: ...

class ClearOutputs(_message.Message):
    __slots__ = ("worksheet", "cells")
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    CELLS_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    cells: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, worksheet: _Optional[str] = ..., cells: _Optional[_Iterable[str]] = ...) -> None: ...

class FollowComms(_message.Message):
    __slots__ = ("worksheet",)
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    def __init__(self, worksheet: _Optional[str] = ...) -> None: ...

class CommInWorksheet(_message.Message):
    __slots__ = ("worksheet", "message")
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    message: CommMessage
    def __init__(self, worksheet: _Optional[str] = ..., message: _Optional[_Union[CommMessage, _Mapping]] = ...) -> None: ...

class ListSessionFiles(_message.Message):
    __slots__ = ("worksheet",)
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    def __init__(self, worksheet: _Optional[str] = ...) -> None: ...

class GetSessionFile(_message.Message):
    __slots__ = ("worksheet", "path", "offset", "version")
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    path: bytes
    offset: int
    version: bytes
    def __init__(self, worksheet: _Optional[str] = ..., path: _Optional[bytes] = ..., offset: _Optional[int] = ..., version: _Optional[bytes] = ...) -> None: ...

class SaveSessionFiles(_message.Message):
    __slots__ = ("worksheet", "paths")
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    PATHS_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    paths: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, worksheet: _Optional[str] = ..., paths: _Optional[_Iterable[bytes]] = ...) -> None: ...

class UpdateSessionFiles(_message.Message):
    __slots__ = ("worksheet", "replaced")
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    REPLACED_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    replaced: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, worksheet: _Optional[str] = ..., replaced: _Optional[_Iterable[bytes]] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ("wall_time", "address_space", "output_bytes", "idle", "lifetime", "grace", "cpu_time", "session_cpu_time", "memory", "processes", "threads", "open_files", "disk", "files", "event_rate")
    WALL_TIME_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_SPACE_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_BYTES_FIELD_NUMBER: _ClassVar[int]
    IDLE_FIELD_NUMBER: _ClassVar[int]
    LIFETIME_FIELD_NUMBER: _ClassVar[int]
    GRACE_FIELD_NUMBER: _ClassVar[int]
    CPU_TIME_FIELD_NUMBER: _ClassVar[int]
    SESSION_CPU_TIME_FIELD_NUMBER: _ClassVar[int]
    MEMORY_FIELD_NUMBER: _ClassVar[int]
    PROCESSES_FIELD_NUMBER: _ClassVar[int]
    THREADS_FIELD_NUMBER: _ClassVar[int]
    OPEN_FILES_FIELD_NUMBER: _ClassVar[int]
    DISK_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    EVENT_RATE_FIELD_NUMBER: _ClassVar[int]
    wall_time: float
    address_space: int
    output_bytes: int
    idle: float
    lifetime: float
    grace: float
    cpu_time: float
    session_cpu_time: float
    memory: int
    processes: int
    threads: int
    open_files: int
    disk: int
    files: int
    event_rate: float
    def __init__(self, wall_time: _Optional[float] = ..., address_space: _Optional[int] = ..., output_bytes: _Optional[int] = ..., idle: _Optional[float] = ..., lifetime: _Optional[float] = ..., grace: _Optional[float] = ..., cpu_time: _Optional[float] = ..., session_cpu_time: _Optional[float] = ..., memory: _Optional[int] = ..., processes: _Optional[int] = ..., threads: _Optional[int] = ..., open_files: _Optional[int] = ..., disk: _Optional[int] = ..., files: _Optional[int] = ..., event_rate: _Optional[float] = ...) -> None: ...

class Event(_message.Message):
    __slots__ = ("session", "sequence", "request", "evaluation", "time", "welcome", "opened", "attached", "failure", "queued", "started", "output", "truncated", "input_taken", "done", "gap", "ended", "completed", "inspected", "detached", "files_listed", "file_piece", "file_put", "waiting", "moving", "away", "comm_handled", "status", "worksheet_opened", "worksheet_updates", "worksheet_edited", "worksheet_presence", "worksheet_ended", "worksheet_unsaved", "worksheet_runs", "cell_evaluation", "cell_outputs", "worksheet_session", "worksheet_comm", "files_put", "files_scanned", "session_files", "session_file_piece", "session_files_saved")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    WELCOME_FIELD_NUMBER: _ClassVar[int]
    OPENED_FIELD_NUMBER: _ClassVar[int]
    ATTACHED_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    QUEUED_FIELD_NUMBER: _ClassVar[int]
    STARTED_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    INPUT_TAKEN_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    GAP_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_FIELD_NUMBER: _ClassVar[int]
    INSPECTED_FIELD_NUMBER: _ClassVar[int]
    DETACHED_FIELD_NUMBER: _ClassVar[int]
    FILES_LISTED_FIELD_NUMBER: _ClassVar[int]
    FILE_PIECE_FIELD_NUMBER: _ClassVar[int]
    FILE_PUT_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    MOVING_FIELD_NUMBER: _ClassVar[int]
    AWAY_FIELD_NUMBER: _ClassVar[int]
    COMM_HANDLED_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    WORKSHEET_OPENED_FIELD_NUMBER: _ClassVar[int]
    WORKSHEET_UPDATES_FIELD_NUMBER: _ClassVar[int]
    WORKSHEET_EDITED_FIELD_NUMBER: _ClassVar[int]
    WORKSHEET_PRESENCE_FIELD_NUMBER: _ClassVar[int]
    WORKSHEET_ENDED_FIELD_NUMBER: _ClassVar[int]
    WORKSHEET_UNSAVED_FIELD_NUMBER: _ClassVar[int]
    WORKSHEET_RUNS_FIELD_NUMBER: _ClassVar[int]
    CELL_EVALUATION_FIELD_NUMBER: _ClassVar[int]
    CELL_OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    WORKSHEET_SESSION_FIELD_NUMBER: _ClassVar[int]
    WORKSHEET_COMM_FIELD_NUMBER: _ClassVar[int]
    FILES_PUT_FIELD_NUMBER: _ClassVar[int]
    FILES_SCANNED_FIELD_NUMBER: _ClassVar[int]
    SESSION_FILES_FIELD_NUMBER: _ClassVar[int]
    SESSION_FILE_PIECE_FIELD_NUMBER: _ClassVar[int]
    SESSION_FILES_SAVED_FIELD_NUMBER: _ClassVar[int]
    session: str
    sequence: int
    request: int
    evaluation: str
    time: float
    welcome: Welcome
    opened: Opened
    attached: Attached
    failure: Failure
    queued: Queued
    started: Started
    output: Output
    truncated: Truncated
    input_taken: InputTaken
    done: Done
    gap: Gap
    ended: Ended
    completed: Completed
    inspected: Inspected
    detached: Detached
    files_listed: FilesListed
    file_piece: FilePiece
    file_put: FilePut
    waiting: Waiting
    moving: Moving
    away: Away
    comm_handled: CommHandled
    status: Status
    worksheet_opened: WorksheetOpened
    worksheet_updates: WorksheetUpdates
    worksheet_edited: WorksheetEdited
    worksheet_presence: WorksheetPresence
    worksheet_ended: WorksheetEnded
    worksheet_unsaved: WorksheetUnsaved
    worksheet_runs: WorksheetRuns
    cell_evaluation: CellEvaluation
    cell_outputs: CellOutputs
    worksheet_session: WorksheetSession
    worksheet_comm: WorksheetComm
    files_put: FilesPut
    files_scanned: FilesScanned
    session_files: SessionFiles
    session_file_piece: SessionFilePiece
    session_files_saved: SessionFilesSaved
    def __init__(self, session: _Optional[str] = ..., sequence: _Optional[int] = ..., request: _Optional[int] = ..., evaluation: _Optional[str] = ..., time: _Optional[float] = ..., welcome: _Optional[_Union[Welcome, _Mapping]] = ..., opened: _Optional[_Union[Opened, _Mapping]] = ..., attached: _Optional[_Union[Attached, _Mapping]] = ..., failure: _Optional[_Union[Failure, _Mapping]] = ..., queued: _Optional[_Union[Queued, _Mapping]] = ..., started: _Optional[_Union[Started, _Mapping]] = ..., output: _Optional[_Union[Output, _Mapping]] = ..., truncated: _Optional[_Union[Truncated, _Mapping]] = ..., input_taken: _Optional[_Union[InputTaken, _Mapping]] = ..., done: _Optional[_Union[Done, _Mapping]] = ..., gap: _Optional[_Union[Gap, _Mapping]] = ..., ended: _Optional[_Union[Ended, _Mapping]] = ..., completed: _Optional[_Union[Completed, _Mapping]] = ..., inspected: _Optional[_Union[Inspected, _Mapping]] = ..., detached: _Optional[_Union[Detached, _Mapping]] = ..., files_listed: _Optional[_Union[FilesListed, _Mapping]] = ..., file_piece: _Optional[_Union[FilePiece, _Mapping]] = ..., file_put: _Optional[_Union[FilePut, _Mapping]] = ..., waiting: _Optional[_Union[Waiting, _Mapping]] = ..., moving: _Optional[_Union[Moving, _Mapping]] = ..., away: _Optional[_Union[Away, _Mapping]] = ..., comm_handled: _Optional[_Union[CommHandled, _Mapping]] = ..., status: _Optional[_Union[Status, _Mapping]] = ..., worksheet_opened: _Optional[_Union[WorksheetOpened, _Mapping]] = ..., worksheet_updates: _Optional[_Union[WorksheetUpdates, _Mapping]] = ..., worksheet_edited: _Optional[_Union[WorksheetEdited, _Mapping]] = ..., worksheet_presence: _Optional[_Union[WorksheetPresence, _Mapping]] = ..., worksheet_ended: _Optional[_Union[WorksheetEnded, _Mapping]] = ..., worksheet_unsaved: _Optional[_Union[WorksheetUnsaved, _Mapping]] = ..., worksheet_runs: _Optional[_Union[WorksheetRuns, _Mapping]] = ..., cell_evaluation: _Optional[_Union[CellEvaluation, _Mapping]] = ..., cell_outputs: _Optional[_Union[CellOutputs, _Mapping]] = ..., worksheet_session: _Optional[_Union[WorksheetSession, _Mapping]] = ..., worksheet_comm: _Optional[_Union[WorksheetComm, _Mapping]] = ..., files_put: _Optional[_Union[FilesPut, _Mapping]] = ..., files_scanned: _Optional[_Union[FilesScanned, _Mapping]] = ..., session_files: _Optional[_Union[SessionFiles, _Mapping]] = ..., session_file_piece: _Optional[_Union[SessionFilePiece, _Mapping]] = ..., session_files_saved: _Optional[_Union[SessionFilesSaved, _Mapping]] = ...) -> None: ...

class Welcome(_message.Message):
    __slots__ = ("version", "worker", "environments", "software", "isolation")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    WORKER_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENTS_FIELD_NUMBER: _ClassVar[int]
    SOFTWARE_FIELD_NUMBER: _ClassVar[int]
    ISOLATION_FIELD_NUMBER: _ClassVar[int]
    version: int
    worker: str
    environments: _containers.RepeatedScalarFieldContainer[str]
    software: str
    isolation: str
    def __init__(self, version: _Optional[int] = ..., worker: _Optional[str] = ..., environments: _Optional[_Iterable[str]] = ..., software: _Optional[str] = ..., isolation: _Optional[str] = ...) -> None: ...

class Opened(_message.Message):
    __slots__ = ("token", "environment", "limits", "started", "load", "fingerprint", "reader")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    STARTED_FIELD_NUMBER: _ClassVar[int]
    LOAD_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    READER_FIELD_NUMBER: _ClassVar[int]
    token: str
    environment: str
    limits: Limits
    started: float
    load: Load
    fingerprint: bytes
    reader: ReaderSessions
    def __init__(self, token: _Optional[str] = ..., environment: _Optional[str] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., started: _Optional[float] = ..., load: _Optional[_Union[Load, _Mapping]] = ..., fingerprint: _Optional[bytes] = ..., reader: _Optional[_Union[ReaderSessions, _Mapping]] = ...) -> None: ...

class Attached(_message.Message):
    __slots__ = ("last_sequence", "environment", "limits", "started")
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    STARTED_FIELD_NUMBER: _ClassVar[int]
    last_sequence: int
    environment: str
    limits: Limits
    started: float
    def __init__(self, last_sequence: _Optional[int] = ..., environment: _Optional[str] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., started: _Optional[float] = ...) -> None: ...

class Detached(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Failure(_message.Message):
    __slots__ = ("code", "what", "noun", "hint", "retry_after", "state", "load")
    CODE_FIELD_NUMBER: _ClassVar[int]
    WHAT_FIELD_NUMBER: _ClassVar[int]
    NOUN_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    LOAD_FIELD_NUMBER: _ClassVar[int]
    code: FailureCode
    what: str
    noun: str
    hint: str
    retry_after: int
    state: bytes
    load: Load
    def __init__(self, code: _Optional[_Union[FailureCode, str]] = ..., what: _Optional[str] = ..., noun: _Optional[str] = ..., hint: _Optional[str] = ..., retry_after: _Optional[int] = ..., state: _Optional[bytes] = ..., load: _Optional[_Union[Load, _Mapping]] = ...) -> None: ...

class Waiting(_message.Message):
    __slots__ = ("place", "waiting")
    PLACE_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    place: int
    waiting: int
    def __init__(self, place: _Optional[int] = ..., waiting: _Optional[int] = ...) -> None: ...

class Moving(_message.Message):
    __slots__ = ("within_seconds",)
    WITHIN_SECONDS_FIELD_NUMBER: _ClassVar[int]
    within_seconds: float
    def __init__(self, within_seconds: _Optional[float] = ...) -> None: ...

class Away(_message.Message):
    __slots__ = ("within_seconds",)
    WITHIN_SECONDS_FIELD_NUMBER: _ClassVar[int]
    within_seconds: float
    def __init__(self, within_seconds: _Optional[float] = ...) -> None: ...

class Queued(_message.Message):
    __slots__ = ("cell", "code", "waiting", "language")
    CELL_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    cell: str
    code: str
    waiting: int
    language: str
    def __init__(self, cell: _Optional[str] = ..., code: _Optional[str] = ..., waiting: _Optional[int] = ..., language: _Optional[str] = ...) -> None: ...

class Started(_message.Message):
    __slots__ = ("attempt",)
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    attempt: str
    def __init__(self, attempt: _Optional[str] = ...) -> None: ...

class Output(_message.Message):
    __slots__ = ("kind", "body", "buffers", "late")
    KIND_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    BUFFERS_FIELD_NUMBER: _ClassVar[int]
    LATE_FIELD_NUMBER: _ClassVar[int]
    kind: OutputKind
    body: bytes
    buffers: _containers.RepeatedScalarFieldContainer[bytes]
    late: bool
    def __init__(self, kind: _Optional[_Union[OutputKind, str]] = ..., body: _Optional[bytes] = ..., buffers: _Optional[_Iterable[bytes]] = ..., late: _Optional[bool] = ...) -> None: ...

class Truncated(_message.Message):
    __slots__ = ("limit", "event_rate")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    EVENT_RATE_FIELD_NUMBER: _ClassVar[int]
    limit: int
    event_rate: float
    def __init__(self, limit: _Optional[int] = ..., event_rate: _Optional[float] = ...) -> None: ...

class InputTaken(_message.Message):
    __slots__ = ("input_sequence",)
    INPUT_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    input_sequence: int
    def __init__(self, input_sequence: _Optional[int] = ...) -> None: ...

class Done(_message.Message):
    __slots__ = ("reason", "text", "wall_seconds", "cpu_seconds", "output_bytes", "kept_since", "unrepeatable")
    REASON_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    WALL_SECONDS_FIELD_NUMBER: _ClassVar[int]
    CPU_SECONDS_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_BYTES_FIELD_NUMBER: _ClassVar[int]
    KEPT_SINCE_FIELD_NUMBER: _ClassVar[int]
    UNREPEATABLE_FIELD_NUMBER: _ClassVar[int]
    reason: EvaluationReason
    text: str
    wall_seconds: float
    cpu_seconds: float
    output_bytes: int
    kept_since: float
    unrepeatable: Unrepeatable
    def __init__(self, reason: _Optional[_Union[EvaluationReason, str]] = ..., text: _Optional[str] = ..., wall_seconds: _Optional[float] = ..., cpu_seconds: _Optional[float] = ..., output_bytes: _Optional[int] = ..., kept_since: _Optional[float] = ..., unrepeatable: _Optional[_Union[Unrepeatable, str]] = ...) -> None: ...

class Gap(_message.Message):
    __slots__ = ("events", "bytes")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    events: int
    bytes: int
    def __init__(self, events: _Optional[int] = ..., bytes: _Optional[int] = ...) -> None: ...

class Ended(_message.Message):
    __slots__ = ("reason", "text", "status", "cpu_seconds", "memory_peak")
    REASON_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CPU_SECONDS_FIELD_NUMBER: _ClassVar[int]
    MEMORY_PEAK_FIELD_NUMBER: _ClassVar[int]
    reason: SessionReason
    text: str
    status: int
    cpu_seconds: float
    memory_peak: int
    def __init__(self, reason: _Optional[_Union[SessionReason, str]] = ..., text: _Optional[str] = ..., status: _Optional[int] = ..., cpu_seconds: _Optional[float] = ..., memory_peak: _Optional[int] = ...) -> None: ...

class Completed(_message.Message):
    __slots__ = ("body",)
    BODY_FIELD_NUMBER: _ClassVar[int]
    body: bytes
    def __init__(self, body: _Optional[bytes] = ...) -> None: ...

class Inspected(_message.Message):
    __slots__ = ("body",)
    BODY_FIELD_NUMBER: _ClassVar[int]
    body: bytes
    def __init__(self, body: _Optional[bytes] = ...) -> None: ...

class WorksheetComm(_message.Message):
    __slots__ = ("worksheet", "output", "number", "session")
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    output: Output
    number: int
    session: str
    def __init__(self, worksheet: _Optional[str] = ..., output: _Optional[_Union[Output, _Mapping]] = ..., number: _Optional[int] = ..., session: _Optional[str] = ...) -> None: ...

class CommHandled(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class FilesListed(_message.Message):
    __slots__ = ("entries", "cut")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    CUT_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[FileEntry]
    cut: bool
    def __init__(self, entries: _Optional[_Iterable[_Union[FileEntry, _Mapping]]] = ..., cut: _Optional[bool] = ...) -> None: ...

class FileEntry(_message.Message):
    __slots__ = ("name", "kind", "size", "modified")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    MODIFIED_FIELD_NUMBER: _ClassVar[int]
    name: bytes
    kind: FileKind
    size: int
    modified: float
    def __init__(self, name: _Optional[bytes] = ..., kind: _Optional[_Union[FileKind, str]] = ..., size: _Optional[int] = ..., modified: _Optional[float] = ...) -> None: ...

class FilePiece(_message.Message):
    __slots__ = ("piece", "size", "version")
    PIECE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    piece: bytes
    size: int
    version: bytes
    def __init__(self, piece: _Optional[bytes] = ..., size: _Optional[int] = ..., version: _Optional[bytes] = ...) -> None: ...

class FilePut(_message.Message):
    __slots__ = ("replaced",)
    REPLACED_FIELD_NUMBER: _ClassVar[int]
    replaced: bool
    def __init__(self, replaced: _Optional[bool] = ...) -> None: ...

class FilesPut(_message.Message):
    __slots__ = ("refused",)
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    refused: _containers.RepeatedCompositeFieldContainer[FileFault]
    def __init__(self, refused: _Optional[_Iterable[_Union[FileFault, _Mapping]]] = ...) -> None: ...

class FileFault(_message.Message):
    __slots__ = ("path", "what")
    PATH_FIELD_NUMBER: _ClassVar[int]
    WHAT_FIELD_NUMBER: _ClassVar[int]
    path: bytes
    what: str
    def __init__(self, path: _Optional[bytes] = ..., what: _Optional[str] = ...) -> None: ...

class FilesScanned(_message.Message):
    __slots__ = ("files", "more")
    FILES_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    files: _containers.RepeatedCompositeFieldContainer[ScannedFile]
    more: bool
    def __init__(self, files: _Optional[_Iterable[_Union[ScannedFile, _Mapping]]] = ..., more: _Optional[bool] = ...) -> None: ...

class ScannedFile(_message.Message):
    __slots__ = ("path", "kind", "size", "content")
    PATH_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    path: bytes
    kind: FileKind
    size: int
    content: bytes
    def __init__(self, path: _Optional[bytes] = ..., kind: _Optional[_Union[FileKind, str]] = ..., size: _Optional[int] = ..., content: _Optional[bytes] = ...) -> None: ...

class SessionFiles(_message.Message):
    __slots__ = ("worksheet", "files", "cut", "left", "given", "kept", "newer")
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    CUT_FIELD_NUMBER: _ClassVar[int]
    LEFT_FIELD_NUMBER: _ClassVar[int]
    GIVEN_FIELD_NUMBER: _ClassVar[int]
    KEPT_FIELD_NUMBER: _ClassVar[int]
    NEWER_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    files: _containers.RepeatedCompositeFieldContainer[SessionFile]
    cut: bool
    left: _containers.RepeatedCompositeFieldContainer[FileFault]
    given: int
    kept: _containers.RepeatedScalarFieldContainer[bytes]
    newer: bool
    def __init__(self, worksheet: _Optional[str] = ..., files: _Optional[_Iterable[_Union[SessionFile, _Mapping]]] = ..., cut: _Optional[bool] = ..., left: _Optional[_Iterable[_Union[FileFault, _Mapping]]] = ..., given: _Optional[int] = ..., kept: _Optional[_Iterable[bytes]] = ..., newer: _Optional[bool] = ...) -> None: ...

class SessionFile(_message.Message):
    __slots__ = ("path", "state", "size", "refused")
    PATH_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    path: bytes
    state: str
    size: int
    refused: str
    def __init__(self, path: _Optional[bytes] = ..., state: _Optional[str] = ..., size: _Optional[int] = ..., refused: _Optional[str] = ...) -> None: ...

class SessionFilePiece(_message.Message):
    __slots__ = ("worksheet", "piece", "size", "version")
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    PIECE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    piece: bytes
    size: int
    version: bytes
    def __init__(self, worksheet: _Optional[str] = ..., piece: _Optional[bytes] = ..., size: _Optional[int] = ..., version: _Optional[bytes] = ...) -> None: ...

class SessionFilesSaved(_message.Message):
    __slots__ = ("worksheet", "saved", "refused", "conflicts")
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    SAVED_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    CONFLICTS_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    saved: int
    refused: _containers.RepeatedCompositeFieldContainer[FileFault]
    conflicts: _containers.RepeatedCompositeFieldContainer[FileFault]
    def __init__(self, worksheet: _Optional[str] = ..., saved: _Optional[int] = ..., refused: _Optional[_Iterable[_Union[FileFault, _Mapping]]] = ..., conflicts: _Optional[_Iterable[_Union[FileFault, _Mapping]]] = ...) -> None: ...

class Status(_message.Message):
    __slots__ = ("state", "load", "place_free", "environments", "readers")
    STATE_FIELD_NUMBER: _ClassVar[int]
    LOAD_FIELD_NUMBER: _ClassVar[int]
    PLACE_FREE_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENTS_FIELD_NUMBER: _ClassVar[int]
    READERS_FIELD_NUMBER: _ClassVar[int]
    state: WorkerState
    load: Load
    place_free: bool
    environments: _containers.RepeatedCompositeFieldContainer[EnvironmentVersion]
    readers: _containers.RepeatedCompositeFieldContainer[ReaderSessions]
    def __init__(self, state: _Optional[_Union[WorkerState, str]] = ..., load: _Optional[_Union[Load, _Mapping]] = ..., place_free: _Optional[bool] = ..., environments: _Optional[_Iterable[_Union[EnvironmentVersion, _Mapping]]] = ..., readers: _Optional[_Iterable[_Union[ReaderSessions, _Mapping]]] = ...) -> None: ...

class ReaderSessions(_message.Message):
    __slots__ = ("reader", "sessions")
    READER_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    reader: str
    sessions: int
    def __init__(self, reader: _Optional[str] = ..., sessions: _Optional[int] = ...) -> None: ...

class EnvironmentVersion(_message.Message):
    __slots__ = ("name", "fingerprint", "languages")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    name: str
    fingerprint: bytes
    languages: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., fingerprint: _Optional[bytes] = ..., languages: _Optional[_Iterable[str]] = ...) -> None: ...

class Load(_message.Message):
    __slots__ = ("sessions", "places", "busy", "memory", "memory_available")
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    PLACES_FIELD_NUMBER: _ClassVar[int]
    BUSY_FIELD_NUMBER: _ClassVar[int]
    MEMORY_FIELD_NUMBER: _ClassVar[int]
    MEMORY_AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    sessions: int
    places: int
    busy: float
    memory: int
    memory_available: int
    def __init__(self, sessions: _Optional[int] = ..., places: _Optional[int] = ..., busy: _Optional[float] = ..., memory: _Optional[int] = ..., memory_available: _Optional[int] = ...) -> None: ...

class Kept(_message.Message):
    __slots__ = ("key", "since", "events")
    KEY_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    key: bytes
    since: float
    events: _containers.RepeatedCompositeFieldContainer[Event]
    def __init__(self, key: _Optional[bytes] = ..., since: _Optional[float] = ..., events: _Optional[_Iterable[_Union[Event, _Mapping]]] = ...) -> None: ...

class Report(_message.Message):
    __slots__ = ("ready", "output", "finished", "reply", "file_reply")
    READY_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    FINISHED_FIELD_NUMBER: _ClassVar[int]
    REPLY_FIELD_NUMBER: _ClassVar[int]
    FILE_REPLY_FIELD_NUMBER: _ClassVar[int]
    ready: Ready
    output: Output
    finished: Finished
    reply: Reply
    file_reply: FileReply
    def __init__(self, ready: _Optional[_Union[Ready, _Mapping]] = ..., output: _Optional[_Union[Output, _Mapping]] = ..., finished: _Optional[_Union[Finished, _Mapping]] = ..., reply: _Optional[_Union[Reply, _Mapping]] = ..., file_reply: _Optional[_Union[FileReply, _Mapping]] = ...) -> None: ...

class Ready(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Finished(_message.Message):
    __slots__ = ("status", "unrepeatable")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    UNREPEATABLE_FIELD_NUMBER: _ClassVar[int]
    status: FinishedStatus
    unrepeatable: Unrepeatable
    def __init__(self, status: _Optional[_Union[FinishedStatus, str]] = ..., unrepeatable: _Optional[_Union[Unrepeatable, str]] = ...) -> None: ...

class Reply(_message.Message):
    __slots__ = ("request", "body")
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    request: int
    body: bytes
    def __init__(self, request: _Optional[int] = ..., body: _Optional[bytes] = ...) -> None: ...

class Build(_message.Message):
    __slots__ = ("number", "uid", "gid", "user", "disk", "files", "network")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    UID_FIELD_NUMBER: _ClassVar[int]
    GID_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    DISK_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    number: int
    uid: int
    gid: int
    user: str
    disk: int
    files: int
    network: bool
    def __init__(self, number: _Optional[int] = ..., uid: _Optional[int] = ..., gid: _Optional[int] = ..., user: _Optional[str] = ..., disk: _Optional[int] = ..., files: _Optional[int] = ..., network: _Optional[bool] = ...) -> None: ...

class Built(_message.Message):
    __slots__ = ("number", "error", "pid")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    number: int
    error: str
    pid: int
    def __init__(self, number: _Optional[int] = ..., error: _Optional[str] = ..., pid: _Optional[int] = ...) -> None: ...

class FileReply(_message.Message):
    __slots__ = ("request", "failure", "files_listed", "file_piece", "file_put", "files_put", "files_scanned")
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    FILES_LISTED_FIELD_NUMBER: _ClassVar[int]
    FILE_PIECE_FIELD_NUMBER: _ClassVar[int]
    FILE_PUT_FIELD_NUMBER: _ClassVar[int]
    FILES_PUT_FIELD_NUMBER: _ClassVar[int]
    FILES_SCANNED_FIELD_NUMBER: _ClassVar[int]
    request: int
    failure: Failure
    files_listed: bytes
    file_piece: FilePiece
    file_put: FilePut
    files_put: bytes
    files_scanned: bytes
    def __init__(self, request: _Optional[int] = ..., failure: _Optional[_Union[Failure, _Mapping]] = ..., files_listed: _Optional[bytes] = ..., file_piece: _Optional[_Union[FilePiece, _Mapping]] = ..., file_put: _Optional[_Union[FilePut, _Mapping]] = ..., files_put: _Optional[bytes] = ..., files_scanned: _Optional[bytes] = ...) -> None: ...

class ZygoteReport(_message.Message):
    __slots__ = ("preloaded", "forked", "exited")
    PRELOADED_FIELD_NUMBER: _ClassVar[int]
    FORKED_FIELD_NUMBER: _ClassVar[int]
    EXITED_FIELD_NUMBER: _ClassVar[int]
    preloaded: Preloaded
    forked: Forked
    exited: Exited
    def __init__(self, preloaded: _Optional[_Union[Preloaded, _Mapping]] = ..., forked: _Optional[_Union[Forked, _Mapping]] = ..., exited: _Optional[_Union[Exited, _Mapping]] = ...) -> None: ...

class Preloaded(_message.Message):
    __slots__ = ("modules", "missing", "python", "seconds", "warm_up", "fingerprint", "languages")
    MODULES_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    PYTHON_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    WARM_UP_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    modules: _containers.RepeatedScalarFieldContainer[str]
    missing: _containers.RepeatedScalarFieldContainer[str]
    python: str
    seconds: float
    warm_up: str
    fingerprint: bytes
    languages: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, modules: _Optional[_Iterable[str]] = ..., missing: _Optional[_Iterable[str]] = ..., python: _Optional[str] = ..., seconds: _Optional[float] = ..., warm_up: _Optional[str] = ..., fingerprint: _Optional[bytes] = ..., languages: _Optional[_Iterable[str]] = ...) -> None: ...

class Forked(_message.Message):
    __slots__ = ("number", "pid")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    number: int
    pid: int
    def __init__(self, number: _Optional[int] = ..., pid: _Optional[int] = ...) -> None: ...

class Exited(_message.Message):
    __slots__ = ("number", "status")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    number: int
    status: int
    def __init__(self, number: _Optional[int] = ..., status: _Optional[int] = ...) -> None: ...

class ZygoteRequest(_message.Message):
    __slots__ = ("spawn", "signal")
    SPAWN_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    spawn: Spawn
    signal: Signal
    def __init__(self, spawn: _Optional[_Union[Spawn, _Mapping]] = ..., signal: _Optional[_Union[Signal, _Mapping]] = ...) -> None: ...

class Signal(_message.Message):
    __slots__ = ("number", "signal", "group")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    number: int
    signal: int
    group: bool
    def __init__(self, number: _Optional[int] = ..., signal: _Optional[int] = ..., group: _Optional[bool] = ...) -> None: ...

class Spawn(_message.Message):
    __slots__ = ("number", "limits", "spare", "walls", "by_user")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    SPARE_FIELD_NUMBER: _ClassVar[int]
    WALLS_FIELD_NUMBER: _ClassVar[int]
    BY_USER_FIELD_NUMBER: _ClassVar[int]
    number: int
    limits: Limits
    spare: bool
    walls: Walls
    by_user: bool
    def __init__(self, number: _Optional[int] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., spare: _Optional[bool] = ..., walls: _Optional[_Union[Walls, _Mapping]] = ..., by_user: _Optional[bool] = ...) -> None: ...

class Walls(_message.Message):
    __slots__ = ("sandbox", "uid", "gid", "user_namespace", "user", "home", "seccomp", "landlock", "network", "no_memory_files", "cgroups")
    SANDBOX_FIELD_NUMBER: _ClassVar[int]
    UID_FIELD_NUMBER: _ClassVar[int]
    GID_FIELD_NUMBER: _ClassVar[int]
    USER_NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    HOME_FIELD_NUMBER: _ClassVar[int]
    SECCOMP_FIELD_NUMBER: _ClassVar[int]
    LANDLOCK_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    NO_MEMORY_FILES_FIELD_NUMBER: _ClassVar[int]
    CGROUPS_FIELD_NUMBER: _ClassVar[int]
    sandbox: bool
    uid: int
    gid: int
    user_namespace: bool
    user: str
    home: str
    seccomp: bool
    landlock: bool
    network: bool
    no_memory_files: bool
    cgroups: int
    def __init__(self, sandbox: _Optional[bool] = ..., uid: _Optional[int] = ..., gid: _Optional[int] = ..., user_namespace: _Optional[bool] = ..., user: _Optional[str] = ..., home: _Optional[str] = ..., seccomp: _Optional[bool] = ..., landlock: _Optional[bool] = ..., network: _Optional[bool] = ..., no_memory_files: _Optional[bool] = ..., cgroups: _Optional[int] = ...) -> None: ...

class WorksheetOpened(_message.Message):
    __slots__ = ("worksheet", "epoch", "role", "name", "seq", "update", "more")
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    UPDATE_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    epoch: str
    role: WorksheetRole
    name: str
    seq: int
    update: bytes
    more: int
    def __init__(self, worksheet: _Optional[str] = ..., epoch: _Optional[str] = ..., role: _Optional[_Union[WorksheetRole, str]] = ..., name: _Optional[str] = ..., seq: _Optional[int] = ..., update: _Optional[bytes] = ..., more: _Optional[int] = ...) -> None: ...

class WorksheetUpdates(_message.Message):
    __slots__ = ("worksheet", "seq", "update", "more")
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    UPDATE_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    seq: int
    update: bytes
    more: int
    def __init__(self, worksheet: _Optional[str] = ..., seq: _Optional[int] = ..., update: _Optional[bytes] = ..., more: _Optional[int] = ...) -> None: ...

class WorksheetEdited(_message.Message):
    __slots__ = ("worksheet", "seq")
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    seq: int
    def __init__(self, worksheet: _Optional[str] = ..., seq: _Optional[int] = ...) -> None: ...

class WorksheetPresence(_message.Message):
    __slots__ = ("worksheet", "people", "changes", "gone")
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    PEOPLE_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    GONE_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    people: _containers.RepeatedCompositeFieldContainer[WorksheetPerson]
    changes: bool
    gone: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, worksheet: _Optional[str] = ..., people: _Optional[_Iterable[_Union[WorksheetPerson, _Mapping]]] = ..., changes: _Optional[bool] = ..., gone: _Optional[_Iterable[str]] = ...) -> None: ...

class WorksheetPerson(_message.Message):
    __slots__ = ("person", "name", "presence")
    PERSON_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PRESENCE_FIELD_NUMBER: _ClassVar[int]
    person: str
    name: str
    presence: str
    def __init__(self, person: _Optional[str] = ..., name: _Optional[str] = ..., presence: _Optional[str] = ...) -> None: ...

class WorksheetUnsaved(_message.Message):
    __slots__ = ("worksheet", "why")
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    why: str
    def __init__(self, worksheet: _Optional[str] = ..., why: _Optional[str] = ...) -> None: ...

class WorksheetEnded(_message.Message):
    __slots__ = ("worksheet", "reason")
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    reason: WorksheetReason
    def __init__(self, worksheet: _Optional[str] = ..., reason: _Optional[_Union[WorksheetReason, str]] = ...) -> None: ...

class WorksheetRuns(_message.Message):
    __slots__ = ("worksheet", "session", "evaluations")
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    EVALUATIONS_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    session: WorksheetSession
    evaluations: _containers.RepeatedCompositeFieldContainer[CellEvaluation]
    def __init__(self, worksheet: _Optional[str] = ..., session: _Optional[_Union[WorksheetSession, _Mapping]] = ..., evaluations: _Optional[_Iterable[_Union[CellEvaluation, _Mapping]]] = ...) -> None: ...

class CellEvaluation(_message.Message):
    __slots__ = ("worksheet", "evaluation", "cell", "ordinal", "state", "reason", "text", "source_hash", "begun", "ended", "outputs_count", "bytes")
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    CELL_FIELD_NUMBER: _ClassVar[int]
    ORDINAL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SOURCE_HASH_FIELD_NUMBER: _ClassVar[int]
    BEGUN_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_COUNT_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    evaluation: str
    cell: str
    ordinal: int
    state: str
    reason: str
    text: str
    source_hash: bytes
    begun: float
    ended: float
    outputs_count: int
    bytes: int
    def __init__(self, worksheet: _Optional[str] = ..., evaluation: _Optional[str] = ..., cell: _Optional[str] = ..., ordinal: _Optional[int] = ..., state: _Optional[str] = ..., reason: _Optional[str] = ..., text: _Optional[str] = ..., source_hash: _Optional[bytes] = ..., begun: _Optional[float] = ..., ended: _Optional[float] = ..., outputs_count: _Optional[int] = ..., bytes: _Optional[int] = ...) -> None: ...

class CellOutputs(_message.Message):
    __slots__ = ("worksheet", "evaluation", "outputs", "more")
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    evaluation: str
    outputs: _containers.RepeatedCompositeFieldContainer[CellOutput]
    more: bool
    def __init__(self, worksheet: _Optional[str] = ..., evaluation: _Optional[str] = ..., outputs: _Optional[_Iterable[_Union[CellOutput, _Mapping]]] = ..., more: _Optional[bool] = ...) -> None: ...

class CellOutput(_message.Message):
    __slots__ = ("sequence", "kind", "body", "large", "late")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    LARGE_FIELD_NUMBER: _ClassVar[int]
    LATE_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    kind: str
    body: bytes
    large: int
    late: bool
    def __init__(self, sequence: _Optional[int] = ..., kind: _Optional[str] = ..., body: _Optional[bytes] = ..., large: _Optional[int] = ..., late: _Optional[bool] = ...) -> None: ...

class WorksheetSession(_message.Message):
    __slots__ = ("worksheet", "state", "reason", "text", "environment")
    WORKSHEET_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    worksheet: str
    state: str
    reason: str
    text: str
    environment: str
    def __init__(self, worksheet: _Optional[str] = ..., state: _Optional[str] = ..., reason: _Optional[str] = ..., text: _Optional[str] = ..., environment: _Optional[str] = ...) -> None: ...
