"""Clients: how programs and runners talk to an engine.

interface.py        what runners (JobClient), and programs around them (EngineClient), ask of a client
rest.py             RestEngineClient: one short method for each route
connection.py       how an engine is reached: one frozen value for both HTTP stacks
header_values.py    what headers may hold, tokens included
bearer.py           a token given as text, in a file, or by a command
proxies.py          which proxy the environment names for an address
tls.py              TLS contexts that follow their files
deadline.py         limits for the requests of the calling context
http.py             one JSON request and its answer, for the synchronous client
httpx_client.py     httpx, which sends these requests
timed_streams.py    its streams, so that an answer that drips ends with its request
compression.py      bodies that a gateway has packed
answers.py          what an answer means: a value, or one of the SDK's errors
answer_memory.py    what an answer would take in memory, reckoned before it is read
job_json.py         what a job holds that came as JSON, and which names of it can be sent back
judgement.py        whether an answer is the engine's: acknowledged, refused, doubtful, or not the engine
failures.py         what a request that got no answer means, the same for both stacks
polled_jobs.py      the jobs of a poll, each read alone
normalize.py        answers in the form the methods promise, whatever the engine's version writes
timestamps.py       instants as the engine writes them
job_channel.py      JobChannel: claim, complete, fail and extend, as coroutines for a runner
http_channel.py     the hot path: ready bytes over few connections
http1/              HTTP/1.1 for the hot path, from parts of our own
thread_channel.py   any synchronous client, called in threads
grpc.py             says that there is no gRPC client
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workflow_sdk.client.interface import EngineClient
    from workflow_sdk.client.rest import RestEngineClient

__all__ = ["EngineClient", "RestEngineClient"]


def __getattr__(name: str) -> Any:
    """Loaded when they are asked for: whoever imports one file of this folder need not load the client with it."""
    if name == "RestEngineClient":
        from workflow_sdk.client.rest import RestEngineClient

        return RestEngineClient
    if name == "EngineClient":
        from workflow_sdk.client.interface import EngineClient

        return EngineClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
