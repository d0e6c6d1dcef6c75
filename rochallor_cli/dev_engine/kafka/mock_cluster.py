"""librdkafka's mock cluster, which every confluent-kafka wheel holds, reached through its C interface.

The names are `rd_kafka_mock_*` of librdkafka's `rdkafka_mock.h`. Looking them up in the extension module
finds them in whatever librdkafka that module was linked with.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

from confluent_kafka import cimpl

_PRODUCER = 0
_ERROR_TEXT_BYTES = 512

# name -> (result, arguments); a cluster and a client are opaque pointers.
_SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "rd_kafka_new": (
        ctypes.c_void_p,
        (ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t),
    ),
    "rd_kafka_mock_cluster_new": (ctypes.c_void_p, (ctypes.c_void_p, ctypes.c_int)),
    "rd_kafka_mock_cluster_bootstraps": (ctypes.c_char_p, (ctypes.c_void_p,)),
    "rd_kafka_mock_set_controller_id": (None, (ctypes.c_void_p, ctypes.c_int32)),
    "rd_kafka_mock_group_initial_rebalance_delay_ms": (None, (ctypes.c_void_p, ctypes.c_int32)),
    "rd_kafka_mock_topic_create": (
        ctypes.c_int,
        (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_int),
    ),
    "rd_kafka_mock_broker_set_down": (ctypes.c_int, (ctypes.c_void_p, ctypes.c_int32)),
    "rd_kafka_mock_broker_set_up": (ctypes.c_int, (ctypes.c_void_p, ctypes.c_int32)),
    "rd_kafka_mock_broker_set_rtt": (ctypes.c_int, (ctypes.c_void_p, ctypes.c_int32, ctypes.c_int)),
    "rd_kafka_mock_push_request_errors_array": (
        None,
        (ctypes.c_void_p, ctypes.c_int16, ctypes.c_size_t, ctypes.POINTER(ctypes.c_int)),
    ),
    "rd_kafka_mock_clear_request_errors": (None, (ctypes.c_void_p, ctypes.c_int16)),
}


def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(cimpl.__file__)
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


class MockCluster:
    """A one-broker Kafka in this process, on a free port of 127.0.0.1. It ends with the process.

    It keeps at most 5 MiB and 100,000 batches a partition, and aborts its process when two members of one
    group name different assignors first: run it in a process of its own.
    """

    def __init__(self) -> None:
        self._library = _library()
        text = ctypes.create_string_buffer(_ERROR_TEXT_BYTES)
        client = self._library.rd_kafka_new(_PRODUCER, None, text, _ERROR_TEXT_BYTES)
        if not client:
            raise RuntimeError(f"librdkafka did not start: {text.value.decode()}")
        self._cluster = self._library.rd_kafka_mock_cluster_new(client, 1)
        # By default the first join of a group waits three seconds.
        self._library.rd_kafka_mock_set_controller_id(self._cluster, 1)
        self.set_join_delay(0)

    @property
    def address(self) -> str:
        """Where clients connect: host:port."""
        return str(self._library.rd_kafka_mock_cluster_bootstraps(self._cluster).decode())

    def create_topic(self, name: str, partitions: int) -> None:
        """Create a topic; one that is there stays as it is."""
        topic_exists = 36
        self._check(
            self._library.rd_kafka_mock_topic_create(self._cluster, name.encode(), partitions, 1),
            also_fine=topic_exists,
        )

    def set_join_delay(self, delay_ms: int) -> None:
        """How long a new group waits for more members."""
        self._library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, delay_ms)

    def set_down(self) -> None:
        """Close all connections and take no new ones."""
        self._check(self._library.rd_kafka_mock_broker_set_down(self._cluster, 1))

    def set_up(self) -> None:
        """Take connections again, at the same address."""
        self._check(self._library.rd_kafka_mock_broker_set_up(self._cluster, 1))

    def set_round_trip(self, round_trip_ms: int) -> None:
        """Delay every answer."""
        self._check(self._library.rd_kafka_mock_broker_set_rtt(self._cluster, 1, round_trip_ms))

    def push_errors(self, api_key: int, errors: Sequence[int]) -> None:
        """Answer the next requests of this kind with these errors (Kafka's numbers), one each."""
        array = (ctypes.c_int * len(errors))(*errors)
        self._library.rd_kafka_mock_push_request_errors_array(self._cluster, api_key, len(errors), array)

    def clear_errors(self, api_key: int) -> None:
        """Forget the errors not answered yet."""
        self._library.rd_kafka_mock_clear_request_errors(self._cluster, api_key)

    @staticmethod
    def _check(error: int, *, also_fine: int = 0) -> None:
        if error not in (0, also_fine):
            raise RuntimeError(f"the embedded broker answered with error {error}")
