"""Clients: how programs and runners talk to an engine."""

from workflow_sdk.client.interface import EngineClient
from workflow_sdk.client.rest import RestEngineClient

__all__ = ["EngineClient", "RestEngineClient"]
