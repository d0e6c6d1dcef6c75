"""Room: who has a place, and whose turn is next."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from workflow_sdk.client.http1.room import Room


def test_places_go_to_those_who_wait_in_their_order_and_to_nobody_before_them() -> None:
    async def run() -> list[int]:
        room, came = Room(1), list[int]()

        async def one(number: int) -> None:
            await room.take()
            came.append(number)

        assert room.take_now()
        tasks = [asyncio.create_task(one(number)) for number in range(3)]
        for _ in tasks:
            await asyncio.sleep(0)
            room.give_back()
            assert not room.take_now()
        await asyncio.gather(*tasks)
        room.give_back()
        assert room.take_now()
        return came

    assert asyncio.run(run()) == [0, 1, 2]


def test_a_place_is_not_lost_with_who_waits_no_more() -> None:
    async def run() -> None:
        room = Room(1)
        assert room.take_now()
        gone, given = (asyncio.create_task(room.take()) for _ in range(2))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        room.give_back()
        # Given the place and cancelled in the same turn of the loop.
        given.cancel()
        for task in (gone, given):
            with suppress(asyncio.CancelledError):
                await task
        assert room.take_now()

    asyncio.run(run())
