"""How commands speak: logs to stderr, one JSON document to stdout, plain sentences for people."""

import json
import logging
import sys
from collections.abc import Mapping
from typing import Any

import structlog


def configure_logs() -> None:
    """Send structured logs to stderr, one line an event, without colours where nobody looks."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.dev.ConsoleRenderer(colors=True) if sys.stderr.isatty() else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)


def print_json(document: Mapping[str, Any]) -> None:
    """Print exactly one UTF-8 JSON document."""
    sys.stdout.buffer.write(json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n")
    sys.stdout.flush()
