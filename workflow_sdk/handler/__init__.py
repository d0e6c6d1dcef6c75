"""Handlers: the functions that do jobs."""

from workflow_sdk.handler.registry import HandlerRegistry

__all__ = ["HandlerRegistry"]
