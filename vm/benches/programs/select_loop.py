import asyncio
import uvloop


async def produce(queue, n, sign):
    for i in range(n):
        await queue.put(i * sign)


async def main():
    n = 500_000
    up, down = asyncio.Queue(1), asyncio.Queue(1)
    producers = [asyncio.create_task(produce(up, n, 2)), asyncio.create_task(produce(down, n, -1))]
    total = taken = 0
    # The tasks that wait are kept: cancelling a get that has its value would lose it.
    waiting = {asyncio.create_task(up.get()): up, asyncio.create_task(down.get()): down}
    while taken < 2 * n:
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            queue = waiting.pop(task)
            total += task.result()
            taken += 1
            waiting[asyncio.create_task(queue.get())] = queue
    print(total)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*producers)


uvloop.run(main())
