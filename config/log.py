"""Structured logs on stderr: one event a line, JSON in production, key=value for people.

No event carries a query string, a header or a body: keys travel in all three. Nor a card number or a phone, which
stand in paths.
"""

import logging.config
from typing import Any, TypeGuard

import structlog
from structlog.typing import EventDict, Processor

from loyalty.masking import mask_path


def _without_request(_: Any, __: str, event: EventDict) -> EventDict:
    """Django hands its log records the request, and a request written out shows its query string."""
    event.pop("request", None)
    return event


def _is_path(said: object) -> TypeGuard[str]:
    return isinstance(said, str) and said.startswith("/")


class MaskPaths(logging.Filter):
    """Django names the path of a request that went wrong."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(mask_path(one) if _is_path(one) else one for one in record.args)
        return True


SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    _without_request,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def logging_settings(*, level: str, style: str) -> dict[str, Any]:
    """A dictConfig for `style` "json" or "console". Everything, ours and libraries', comes out alike."""
    finish: list[Processor]
    if style == "json":
        # Without the values of local variables: requests and keys are among them.
        tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        finish = [structlog.processors.ExceptionRenderer(tracebacks), structlog.processors.JSONRenderer()]
    else:
        finish = [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *finish],
            }
        },
        "filters": {"mask_paths": {"()": MaskPaths}},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "structured", "filters": ["mask_paths"]}
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Says of every 4xx what the request log says already.
            "django.request": {"level": "ERROR"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            "kombu": {"level": "WARNING"},
            "axes": {"level": "WARNING"},  # says of every log-in that nothing had to be done
            "paramiko": {"level": "WARNING"},
            "httpx": {"level": "WARNING"},  # says each address that is called, with its query
        },
    }


def configure(settings: dict[str, Any]) -> None:
    """What Django calls with LOGGING."""
    logging.config.dictConfig(settings)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
